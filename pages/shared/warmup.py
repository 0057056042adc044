"""What the server does once, when it starts and when it ends."""

from __future__ import annotations

import gc

from pages.shared import folders


def start() -> None:
    """Import what every page needs, and keep it out of the garbage collector's way.

    Streamlit collects garbage after every rerun; with torch's modules in the graph that alone
    takes 120 ms. Frozen objects are not looked at again. One thread for torch: a second one
    would spin against a training process.
    """
    import torch
    import torch._dynamo

    import gpt

    torch.set_num_threads(1)
    default = folders.default_run()
    if default is not None:
        checkpoint = gpt.load(default)
        gpt.trace(checkpoint.model, [0])
    gc.collect()
    gc.freeze()


def stop() -> None:
    """Let the training job of this server save itself and leave."""
    from pages.shared import training

    training.jobs().close()
