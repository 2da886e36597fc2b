"""What must never reach FFmpeg, and does no harm where it does: the lines that both kinds of tests go through.

``/etc/passwd`` stands for a file that a job may not read, ``/tmp/x`` for one that it may not write. Behind the bar is
the reason with which the check refuses the line.
"""

from __future__ import annotations

ARGUMENTS = r"""
-i /etc/passwd                                  | is no file of this job
-f rawvideo -i /etc/passwd                      | -f cannot stand before -i
-f lavfi -i movie=/etc/passwd                   | -f cannot stand before -i
-f concat                                       | 'concat' is not on ffx's list
-safe 0                                         | is an option of inputs
-i "concat:/etc/passwd|x"                       | is no file of this job
-i subfile,,start,0,end,99,,:/etc/passwd        | is no file of this job
-i http://169.254.169.254/                      | is no file of this job
-i data:text/plain,x                            | is no file of this job
-i pipe:0                                       | is no file of this job
-                                               | only options and their values
fd:3                                            | only options and their values
-protocol_whitelist ALL                         | is decided by ffx
-format_whitelist ALL                           | is decided by ffx
-y /tmp/x.mp4                                   | only options and their values
-an /tmp/x.mp4                                  | only options and their values
-shortest /tmp/x.mp4                            | only options and their values
-noautoscale /tmp/x.mp4                         | only options and their values
-autoscale -metadata title=/tmp/x.mp4           | a value follows
-- -x.mp4                                       | no option that ffx knows
-b:v 1M out2.mp4                                | only options and their values
-f tee                                          | 'tee' is not on ffx's list
-f segment                                      | 'segment' is not on ffx's list
-f hls                                          | 'hls' is not on ffx's list
-f dash                                         | 'dash' is not on ffx's list
-f image2 out%d.png                             | only options and their values
-f image2                                       | 'image2' is not on ffx's list
-attach /etc/passwd                             | it reaches for other files
-dump_attachment:t ""                           | it reaches for other files
-progress http://x                              | ffx reads FFmpeg's reports itself
-report                                         | ffx reads FFmpeg's reports itself
-loglevel debug                                 | ffx reads FFmpeg's reports itself
-vstats                                         | it reaches for other files
-vstats_file /tmp/x                             | it reaches for other files
-sdp_file /tmp/x                                | it reaches for other files
-stats_enc_post /tmp/x                          | writes a file on the server
-passlogfile ../x                               | --two-pass
-pass 1                                         | --two-pass
-filter_script:v /etc/passwd                    | it reaches for other files
-filter_complex_script /etc/passwd              | it reaches for other files
-/filter:v /etc/passwd                          | would be read from a file
-/filter_complex /etc/passwd                    | would be read from a file
-fpre /etc/passwd                               | reads a file on the server
-vpre x                                         | reads a file on the server
-init_hw_device vaapi=x:/dev/sda                | it reaches for other files or devices
-hwaccel cuda                                   | is decided by ffx
-vaapi_device /dev/sda                          | is decided by ffx
-x264-params dump-yuv=/tmp/x                    | ^-x264-params: dump-yuv writes a file on the server$
-x264-params crf=20:dump-yuv=/tmp/x             | dump-yuv writes a file on the server
-x264-params dump_yuv=/tmp/x                    | dump-yuv writes a file on the server
-x264-params DUMP-YUV=/tmp/x                    | no parameter that ffx knows
-x264-params "crf=20: dump-yuv=/tmp/x"          | dump-yuv writes a file on the server
-x264-params "d\ump-yuv=/tmp/x"                 | quotes and backslashes
-x264-params "crf=20\:dump-yuv=/tmp/x"          | quotes and backslashes
-x264-params "'dump-yuv'=/tmp/x"                | quotes and backslashes
-x264-params qpfile=/etc/passwd                 | qpfile reads a file on the server
-x264-params cqmfile=/etc/passwd                | cqmfile reads a file on the server
-x264-params opencl-clbin=/tmp/x                | opencl-clbin loads and runs code
-x264-params log-file=/tmp/x                    | log-file writes a file
-x264-params threads=100000                     | threads: '100000' is no number from 0 to 64
-x264opts stats=/tmp/x                          | stats writes a file on the server
-x264opts dump-yuv=/tmp/x                       | dump-yuv writes a file on the server
-stats:v /tmp/x                                 | only options and their values
-x265-params csv=/tmp/x                         | csv writes a file on the server
-x265-params stats=/tmp/x                       | stats writes a file on the server
-x265-params analysis-save=/tmp/x               | analysis-save writes a file on the server
-x265-params analysis-load=/etc/passwd          | analysis-load reads a file on the server
-x265-params "c\sv=/tmp/x"                      | csv writes a file on the server
-x265-params "crf=20:'csv'=/tmp/x"              | csv writes a file on the server
-x265-params no-csv=/tmp/x                      | csv writes a file on the server
-x265-params recon=/tmp/x                       | recon writes a file on the server
-x265-params lambda-file=/etc/passwd            | lambda-file reads a file on the server
-x265-params scaling-list=/etc/passwd           | scaling-list reads a file on the server
-x265-params dolby-vision-rpu=/etc/passwd       | dolby-vision-rpu reads a file on the server
-svtav1-params stats=/tmp/x                     | stats writes a file on the server
-svtav1-params fgs-table=/etc/passwd            | fgs-table reads a file on the server
-aom-params film-grain-table=/etc/passwd        | film-grain-table reads a file on the server
-aom-params vmaf-model-path=/etc/passwd         | vmaf-model-path reads a file on the server
-aom-params partition-info-path=/tmp            | partition-info-path writes a file on the server
-vvenc-params rcstatsfile=/tmp/x                | rcstatsfile writes a file on the server
-kvazaar-params preset=fast,cqmfile=/etc/passwd | cqmfile reads a file on the server
-svtav1-params mastering-display=1              | no display such as G\(x,y\)
-x265-params max-cll=1                          | no content light level
-qsv_params x=1                                 | takes more than ffx can check
-load_plugins x                                 | loads and runs code on the server
-threads 100000                                 | no number from 0 to 64
-threads -1                                     | no number from 0 to 64
-filter_threads 1000                            | no number from 0 to 64
-max_muxing_queue_size 99999999999              | no number from 0 to 100000
-moov_size 99999999999                          | no number from 0 to
-stream_loop -1                                 | it is an option of inputs
-flags +pass1                                   | --two-pass
-flags cgop+pass2                               | --two-pass
-flags 512                                      | no list of flags
-probesize 5000000                              | is an option of inputs
-t 99999999                                     | no time
-re                                             | it is an option of inputs
-s 32767x32767                                  | no size from 1x1 to 16384x16384
-s 0x0                                          | no size from 1x1
-r 100000000                                    | no frame rate up to 1000
-r 1/0                                          | no frame rate
-b:v nan                                        | neither a number nor a plain word
-b:v inf                                        | neither a number nor a plain word
-b:v 1e99                                       | too large a number
-psy-rd http://x                                | is no list of numbers and words
-intra_matrix crf=20:dump-yuv=/tmp/x             | is no list of numbers and words
-b:v /etc/passwd                                | neither a number nor a plain word
-b:/etc/passwd 1M                               | does not say which streams
-map /etc/passwd                                | no choice of streams
-metadata "title"                               | no KEY=VALUE
-c:v ../../x                                    | not on ffx's list
-c:v libnew9000                                 | not on ffx's list
-tag:v "a b"                                    | neither a number nor a plain word
-bsf:v trace_headers                            | not on ffx's list
-bsf:v "h264_metadata=level=4.1,noise"          | not on ffx's list
-bsf:v h264_metadata=nonsense=1                 | no option 'nonsense' that ffx knows
-bsf:v h264_metadata=/level=/etc/passwd         | reads its value from a file
-foo 1                                          | ^-foo is no option that ffx knows; it is refused$
-VF hflip                                       | did you mean -vf
-Vf hflip                                       | did you mean -vf
-force_key_frames "expr:while(1,1)"             | it may never end
-hls_key_info_file /etc/passwd                  | opens other files than the job's
-segment_list /tmp/x                            | writes a file on the server
-headers "A: b"                                 | connects to other machines
"""

FILTERS = r"""
movie=/etc/passwd                        | the filter movie opens other files than the job's
amovie=/etc/passwd                       | the filter amovie opens other files than the job's
movie=http\\://127.0.0.1/x               | the filter movie opens other files than the job's
subtitles=/etc/passwd                    | '/etc/passwd' is no file of this job
subtitles=filename=/etc/passwd           | '/etc/passwd' is no file of this job
subtitles=f=/etc/passwd                  | '/etc/passwd' is no file of this job
subtitles=fontsdir=/etc                  | fontsdir reads a file on the server
ass=/etc/passwd                          | '/etc/passwd' is no file of this job
drawtext=textfile=/etc/passwd            | textfile reads a file on the server
drawtext=/text=/etc/passwd               | /text reads its value from a file on the server
drawtext=fontfile=/etc/passwd:text=a     | '/etc/passwd' is no file of this job
drawtext=/etc/passwd                     | '/etc/passwd' is no file of this job
drawtext=text=a:font=/etc/passwd         | no name of a font
metadata=print:file=/tmp/x               | file writes a file on the server
metadata=print:a:b:less:1:/tmp/x         | file writes a file on the server
ametadata=mode=print:file=/tmp/x         | file writes a file on the server
lut3d=/etc/passwd                        | '/etc/passwd' is no file of this job
lut1d=file=/etc/passwd                   | '/etc/passwd' is no file of this job
curves=psfile=/etc/passwd                | '/etc/passwd' is no file of this job
curves=plot=/tmp/x                       | plot writes a file on the server
selectivecolor=psfile=/etc/passwd        | '/etc/passwd' is no file of this job
paletteuse=debug_kdtree=/tmp/x           | debug_kdtree writes a file on the server
firequalizer=dumpfile=/tmp/x             | dumpfile writes a file on the server
loudnorm=stats_file=/tmp/x               | stats_file writes a file on the server
sendcmd=f=/etc/passwd                    | the filter sendcmd takes more than ffx can check
asendcmd=c=1                             | the filter asendcmd takes more than ffx can check
zmq                                      | the filter zmq connects to other machines
azmq=b=tcp\\://*\\:5555                  | the filter azmq connects to other machines
ladspa=file=/tmp/x.so                    | the filter ladspa loads and runs code
lv2=p=x                                  | the filter lv2 loads and runs code
frei0r=/tmp/x.so                         | the filter frei0r loads and runs code
program_opencl=source=/etc/passwd        | the filter program_opencl loads and runs code
libplacebo=custom_shader_path=/etc/x     | custom_shader_path reads a file on the server
libvmaf=log_path=/tmp/x                  | the filter libvmaf writes a file
psnr=stats_file=/tmp/x                   | the filter psnr writes a file
ssim=/tmp/x                              | the filter ssim writes a file
vidstabdetect=result=/tmp/x              | the filter vidstabdetect writes a file
vidstabtransform=input=/etc/passwd       | the filter vidstabtransform reads a file
deshake=filename=/tmp/x                  | the filter deshake writes a file
signature=filename=/tmp/x                | the filter signature writes a file
removelogo=/etc/passwd                   | the filter removelogo reads a file
sofalizer=/etc/passwd                    | the filter sofalizer reads a file
arnndn=m=/etc/passwd                     | the filter arnndn reads a file
nnedi=weights=/etc/passwd                | the filter nnedi reads a file
haldclutsrc                              | the filter haldclutsrc is not on ffx's list
life=filename=/etc/passwd                | the filter life reads a file
loop=-1:32767                            | '32767' is no number from 0 to 250
loop=loop=-1:size=32767                  | '32767' is no number from 0 to 250
aloop=size=2e9                           | '2e9' is no number from 0 to
tile=100x100                             | no grid such as 3x2
reverse                                  | the filter reverse keeps more in memory
areverse                                 | the filter areverse keeps more in memory
split=10000                              | '10000' is no number from 1 to 32
asplit=10000                             | '10000' is no number from 1 to 32
thumbnail=100000                         | no number from 2 to 300
tmix=frames=1024                         | no number from 1 to 128
scale=100000:100000                      | '100000' in it is more than 16384
scale=iw*99999:-1                        | '99999' in it is more than 16384
pad=99999:99999                          | '99999' in it is more than 16384
color=s=32767x32767                      | no size from 1x1 to 16384x16384
fps=1000000                              | no frame rate up to 1000
adelay=999999999                         | '999999999' in it is more than 600000
select=while(1\,1)                       | it may never end
geq=print(1)                             | fill the log
scale=threads=1000                       | no number from 0 to 64
hflip=threads=1000                       | no number from 0 to 64
scale=w=1:2                              | has no name; behind options
scale=1:2:3:4:5                          | takes 4 options without a name
nosuch=1                                 | the filter nosuch is not on ffx's list
scale=nosuch=1                           | no option 'nosuch' that ffx knows
sws_flags=bilinear;hflip                 | the filter sws_flags is not on ffx's list
hflip,,vflip                             | no name of a filter
hflip,                                   | no name of a filter
[in                                      | no label
[in]hflip[out]junk                       | cannot go on with
[/etc/passwd]hflip                       | no label
"""

DISGUISED = ("movie", "amovie", "zmq", "ladspa", "frei0r", "sendcmd", "reverse", "lv2", "psnr")
"""Filters that are refused."""

DISGUISES = (
    "{}",
    " {} ",
    "\t{}\n=x",
    "{}=x",
    "{}@x=x",
    "[in]{}@x=y[out]",
    "hflip,{}",
    "hflip[a];[a]{}",
    "hflip;{}=x",
    "'{}'",
    "'{}'=x",
    "''{}",
    "\\{}",
    "hflip,\\{}=x",
    "scale=1:1,'{}",
    "drawtext=text=a\\,b,{}",
    "drawtext=text='a,b',{}=x",
    "drawtext=text='a'\\''b',{}",
    "scale=1:1:flags=a\\\\\\\\,{}",
)
"""Ways to write a filter so that a careless reader would pass it over."""

DISGUISED_OPTIONS = (
    "textfile=/etc/passwd",
    " textfile = /etc/passwd",
    "'textfile=/etc/passwd'",
    "textfile='/etc/passwd'",
    "text=a:textfile=/etc/passwd",
    "text=a\\:b:textfile=/etc/passwd",
    "text='a\\:b':textfile=/etc/passwd",
    "text=a\\\\\\:b:textfile=/etc/passwd",
    "text='a\\\\'':'textfile=/etc/passwd",
    "enable=1:/textfile=/etc/passwd",
    "text\\file=/etc/passwd",
    "/etc/passwd:a:/etc/passwd",
    "TEXTFILE=/etc/passwd",
    "text-file=/etc/passwd",
)
"""The same for an option of ``drawtext``."""

LOOK_ALIKES: tuple[list[str], ...] = (
    [""],
    ["-vf", ""],
    ["-b:v", ""],
    ["-metadata", "title=\x00"],
    ["-metadata", "title=a\x1b[2J"],
    ["-metadata", "title=a\nprogress=end"],
    ["-metadata", "title=\udcff"],
    ["-b:v", "\uff11M"],
    ["-b:v", "1M\u00a0"],
    ["-\u00a0vf", "hflip"],
    ["-vf\u00a0", "hflip"],
    ["-vf", "hflip\u00a0"],
    ["-\uff36\uff26", "hflip"],
    ["-v\u200bf", "hflip"],
    ["\u2212vf", "hflip"],
    ["-vf", "h\u200bflip"],
    ["-vf", "\uff48\uff46\uff4c\uff49\uff50"],
    ["-v\nf", "hflip"],
    ["-/v\nf", "hflip"],
    ["-i:\n", "x"],
    ["-an", "-v\nf"],
    ["-" + "v" * 1000, "x"],
    ["-/" + "v" * 1000, "x"],
    ["v" * 1000],
    ["-vf", "[a\nb]hflip"],
    ["-vf", "a\nb=c=d:e"],
    ["-bsf:v", "a\nb"],
    ["-bsf:v", "h264_metadata=a\nb"],
    ["-x264-params", "a\nb"],
    ["-vf", "x" * 1000],
    ["-vf", "scale=" + "x" * 1000 + "=1"],
    ["-x264-params", "x" * 1000 + "=1"],
    ["-c:v\n", "libx264"],
    ["-c:v", "libx264\n"],
    ["-crf", "20\n"],
    ["-map", "0:v\n"],
    ["-s", "10x10\n"],
)
"""Words that are empty, broken, or look like others."""


def cases(table: str) -> list[tuple[str, str]]:
    """The lines of a table with the reasons why they are refused."""
    lines = [line.rpartition("|") for line in table.strip("\n").splitlines()]
    return [(text.strip(" "), reason.strip(" ")) for text, _, reason in lines]


def spellings(name: str) -> tuple[str, ...]:
    """One name in FFmpeg's escapes."""
    return (name, f"{name[:2]}\\{name[2:]}", f"{name[0]}'{name[1:]}'", "".join(f"\\{letter}" for letter in name))
