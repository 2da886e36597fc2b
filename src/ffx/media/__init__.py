"""All that knows FFmpeg: find it, try it, probe a file, build a command, run it, verify the result."""
