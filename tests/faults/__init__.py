"""What goes wrong on a farm, done to real processes with a real FFmpeg: no job is lost, none is committed twice."""
