"""The version of Headlight, written into every run."""

VERSION = "0.1.0"
