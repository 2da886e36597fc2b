"""What FFmpeg may be told by others: lists of what is allowed, and the check that reads, judges and renders anew."""
