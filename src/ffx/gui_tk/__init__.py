"""The Tk window: a plugin like any other.

What it shows is decided by classes without Tk (``queue_view``, ``files_view``, ``words``); what blocks is done in
threads, and its answers come back to the thread that draws through a queue (``bridge``).
"""
