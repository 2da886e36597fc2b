"""Bitstream filters and their options. How a table is read stands in ``table``."""

from __future__ import annotations

BITSTREAM_FILTERS = """
aac_adtstoasc av1_frame_merge av1_frame_split chomp dca_core dts2pts eac3_core evc_frame_merge h264_mp4toannexb
    h264_redundant_pps hevc_mp4toannexb mjpeg2jpeg mov2textsub mp3decomp mpeg4_unpack_bframes null pgs_frame_merge
    text2movsub truehd_core vp9_raw_reorder vp9_superframe vp9_superframe_split vvc_mp4toannexb:
av1_metadata: td color_primaries transfer_characteristics matrix_coefficients color_range chroma_sample_position
    tick_rate=ratio num_ticks_per_picture delete_padding
dovi_rpu: strip compression
dovi_split: mode
dump_extra remove_extra: freq
extract_extradata: remove
filter_units: pass_types=list remove_types=list discard discard_flags
h264_metadata: aud sample_aspect_ratio=ratio overscan_appropriate_flag video_format video_full_range_flag
    colour_primaries transfer_characteristics matrix_coefficients chroma_sample_loc_type tick_rate=ratio
    fixed_frame_rate_flag zero_new_constraint_set_flags crop_left crop_right crop_top crop_bottom sei_user_data=text
    delete_filler display_orientation rotate flip level
hevc_metadata: aud sample_aspect_ratio=ratio video_format video_full_range_flag colour_primaries
    transfer_characteristics matrix_coefficients chroma_sample_loc_type tick_rate=ratio num_ticks_poc_diff_one
    crop_left crop_right crop_top crop_bottom level width height
mpeg2_metadata: display_aspect_ratio=ratio frame_rate=ratio video_format colour_primaries transfer_characteristics
    matrix_coefficients
opus_metadata: gain
pcm_rechunk: nb_out_samples/n pad/p frame_rate/r=ratio
prores_metadata: color_primaries color_trc colorspace
setts: ts=expression pts=expression dts=expression duration=expression time_base=ratio prescale
vp9_metadata: color_space color_range
vvc_metadata: aud
"""
