"""Containers that are written as one file, and their muxers' options. How a table is read stands in ``table``."""

from __future__ import annotations

MUXERS = """
3g2 3gp f4v ipod ismv mov mp4 psp: movflags moov_size=0..100000000 rtpflags skip_iods iods_audio_profile
    iods_video_profile frag_duration min_frag_duration frag_size ism_lookahead video_track_timescale brand
    use_editlist fragment_index mov_gamma frag_interleave encryption_scheme encryption_key encryption_kid
    use_stream_ids_as_track_ids write_btrt write_tmcd write_prft empty_hdlr_name movie_timescale
ac3 amr au caf dnxhd dts dv eac3 h261 h263 h264 hevc ivf m4v mjpeg mp2 mpeg1video mpeg2video obu rawvideo s16le srt
    truehd tta ttml vc1 w64 webvtt wtv wv yuv4mpegpipe:
adts: write_id3v2 write_apetag write_mpeg2
aiff: write_id3v2 id3v2_version
apng: plays final_delay=ratio
asf asf_stream: packet_size
ass: ignore_readorder
ast: loopstart loopend
avi: reserve_index_space=0..100000000 write_channel_mask flipped_raw_rgb
avif: movie_timescale loop
dvd mpeg svcd vcd vob: muxrate preload
flac: write_header
flv: flvflags
gif: loop final_delay
latm: smc-interval
lrc: precision
matroska webm: reserve_index_space=0..100000000 cues_to_front cluster_size_limit cluster_time_limit dash
    dash_track_number live allow_raw_vfw flipped_raw_rgb write_crc32 default_mode
mp3: id3v2_version write_id3v1 write_xing
mpegts: mpegts_transport_stream_id mpegts_original_network_id mpegts_service_id mpegts_service_type
    mpegts_pmt_start_pid mpegts_start_pid mpegts_m2ts_mode muxrate pes_payload_size mpegts_flags mpegts_copyts
    tables_version omit_video_pes_length pcr_period pat_period=time sdt_period=time nit_period=time
mxf: signal_standard store_user_comments
mxf_d10: d10_channelcount signal_standard store_user_comments
nut: syncpoints write_index
oga ogg ogv opus spx: serial_offset oggpagesize pagesize page_duration
spdif: spdif_flags dtshd_rate dtshd_fallback_time
wav: write_bext write_peak rf64 peak_block_size peak_format peak_ppv
webp: loop
"""
