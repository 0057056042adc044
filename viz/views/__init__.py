"""The components: what each draws in the browser, one folder a component."""
