"""FFmpeg's options for an output: how many words each takes, and of what kind its value is.

A line begins with the kind of the value: one of ``values`` (``plain``: a number or a word) or of ``check``; ``switch``
where there is none. A colon behind a name says that a stream specifier may follow (``-b:v``).
"""

from __future__ import annotations

PROGRAM_OPTIONS = """
switch: an vn sn dn shortest copyts start_at_zero bitexact autoscale: copyinkf: ignore_unknown copy_unknown xerror
    psnr qphist recast_media auto_conversion_filters force_fps: fix_sub_duration_heartbeat:
codec: c: codec: vcodec acodec scodec dcodec
muxer: f
graph: vf af filter:
complex: filter_complex lavfi
bitstream: bsf: vbsf absf
map: map
map_metadata: map_metadata:
-1..99: map_chapters
metadata: metadata:
time: t to ss muxdelay muxpreload shortest_buf_duration timestamp
rate: r: fpsmax:
size: s:
ratio: aspect: enc_time_base: time_base:
key_frames: force_key_frames:
timecode: timecode
layout: channel_layout: ch_layout:
list: intra_matrix: inter_matrix: chroma_intra_matrix: rc_override: map_channel content_light: mastering_display:
plain: frames: vframes aframes dframes q: qscale: aq vb ab b: tag: vtag atag stag profile: disposition: pix_fmt:
    sample_fmt: ar: ac: fs vsync fps_mode: async copytb frame_drop_threshold top: apad: bits_per_raw_sample: abort_on
    streamid copypriorss: max_error_rate adrift_threshold dts_delta_threshold dts_error_threshold reinit_filter:
    drop_changed: vol
0..64: filter_threads filter_complex_threads
0..100000: max_muxing_queue_size:
0..1000000000: muxing_queue_data_threshold:
"""
"""Of the program itself."""

CODEC_OPTIONS = """
plain: b_qfactor b_qoffset b_strategy bf bidir_refine bt bufsize chroma_sample_location cmp color_primaries
    color_range color_trc colorspace compression_level cutoff dark_mask dc dct dia_size field_order flags2 frame_size
    g global_quality i_qfactor i_qoffset idct ildctcmp keyint_min last_pred level lumi_mask maxrate mbcmp mbd mblmax
    mblmin me_range minrate mv0_threshold nssew p_mask pre_dia_size precmp qblur qcomp qdiff qmax qmin
    rc_init_occupancy rc_max_vbv_use rc_min_vbv_use refs scplx_mask strict subcmp subq tcplx_mask thread_type
    ticks_per_frame trellis audio_service_type alpha_mode export_side_data err_detect sws_flags sws_dither swr_flags
codec_flags: flags
ratio: sar
0..64: threads
0..1024: slices
"""
"""Of every encoder, and of scaling and resampling."""

FORMAT_OPTIONS = """
plain: fflags max_delay audio_preload chunk_duration flush_packets max_interleave_delta avoid_negative_ts f_strict
    packetsize start_time_realtime
time: output_ts_offset
0..10000000: metadata_header_padding chunk_size
"""
"""Of every muxer."""

INPUT_OPTIONS = """
time: ss t to itsoffset
rate: r framerate
0..1: loop
"""
"""What may stand before ``-i`` with one of the job's other files."""
