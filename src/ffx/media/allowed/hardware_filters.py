"""Filters that run on a GPU, and those between it and the memory. How a table is read stands in ``table``."""

from __future__ import annotations

HARDWARE_FILTERS = """
bilateral_cuda: sigmaS sigmaR window_size
bwdif_cuda: mode parity deint
bwdif_vulkan: mode parity deint
chromakey_cuda: color=colour similarity blend yuv
colorspace_cuda: range
deinterlace_qsv: mode
deinterlace_vaapi: mode rate auto
denoise_vaapi: denoise
drawbox_vaapi: x=expression y=expression width/w=expression height/h=expression color/c=colour thickness/t=expression
    replace
hstack_qsv: inputs=2..64 shortest height
hstack_vaapi: inputs=2..64 shortest height
hwdownload:
hwmap: mode derive_device reverse
hwupload: derive_device
hwupload_cuda:
libplacebo: * w=side h=side format force_original_aspect_ratio force_divisible_by normalize_sar pad_crop_ratio
    colorspace range color_primaries color_trc upscaler downscaler lut_entries antiringing sigmoid apply_filmgrain
    apply_dolbyvision deband deband_iterations deband_threshold deband_radius deband_grain brightness contrast
    saturation hue gamma peak_detect smoothing_period minimum_peak scene_threshold_low scene_threshold_high overshoot
    intent gamut_mode tonemapping tonemapping_param tonemapping_mode inverse_tonemapping tonemapping_crosstalk
    tonemapping_lut_size desaturation_strength desaturation_exponent gamut_warning gamut_clipping dithering
    dither_lut_size dither_temporal cones cone-strength custom_shader_path!reads custom_shader_bin!runs skip_aa
    polar_cutoff disable_linear disable_builtin force_icc_lut force_dither disable_fbos inputs fps=rate
    crop_x=expression crop_y=expression crop_w=expression crop_h=expression pos_x=expression pos_y=expression
    pos_w=expression pos_h=expression reset_sar fit_mode fit_sense fillcolor=colour corner_rounding lut!reads lut_type
    extra_opts!unchecked shader_cache!writes chroma_location rotate alpha_mode frame_mixer deinterlace
    skip_spatial_check send_fields temperature percentile contrast_recovery contrast_smoothness
overlay_cuda: x=expression y=expression eof_action eval shortest repeatlast * ts_sync_mode
overlay_qsv: x=expression y=expression w=side h=side alpha eof_action shortest repeatlast * ts_sync_mode
overlay_vaapi: x=expression y=expression w=side h=side alpha eof_action shortest repeatlast * ts_sync_mode
overlay_vulkan: x y
pad_cuda: width/w=side height/h=side x=expression y=expression color=colour eval aspect=ratio
pad_vaapi: width/w=side height/h=side x=expression y=expression color=colour aspect=ratio
procamp_vaapi: b/brightness s/saturatio c/contrast h/hue
scale_cuda: w=side h=side interp_algo format passthrough * param force_original_aspect_ratio force_divisible_by
    use_filters reset_sar
scale_qsv: w=side h=side format mode
scale_vaapi: w=side h=side format mode out_color_matrix out_range out_color_primaries out_color_transfer
    out_chroma_location force_original_aspect_ratio force_divisible_by reset_sar
scale_vulkan: w=side h=side scaler * format out_range debayer
sharpness_vaapi: sharpness
thumbnail_cuda: n=2..300
tonemap_opencl: tonemap transfer/t matrix/m primaries/p range/r format peak param desat threshold
tonemap_vaapi: format matrix/m primaries/p transfer/t display=list light=list
transpose_cuda: dir passthrough
transpose_vaapi: dir passthrough
transpose_vulkan: dir passthrough
vpp_amf: w=side h=side format scale_type color_profile * in_color_range out_color_range in_primaries in_trc
    out_primaries out_trc force_original_aspect_ratio force_divisible_by reset_sar
vpp_qsv: deinterlace denoise detail framerate=ratio procamp hue saturation contrast brightness transpose cw=expression
    ch=expression cx=expression cy=expression w/width=side h/height=side format async_depth=0..64 scale_mode rate
    out_range out_color_matrix out_color_primaries out_color_transfer tonemap
vstack_qsv: inputs=2..64 shortest width
vstack_vaapi: inputs=2..64 shortest width
xstack_qsv: inputs=2..64 shortest layout=list grid=grid grid_tile_size=size fill=colour
xstack_vaapi: inputs=2..64 shortest layout=list grid=grid grid_tile_size=size fill=colour
yadif_cuda: mode parity deint
"""

HARDWARE_FILTERS_ELSEWHERE = """
scale_npp: w=side h=side format interp_algo force_original_aspect_ratio force_divisible_by
scale_vt: w=side h=side color_matrix color_primaries color_transfer
transpose_npp: dir passthrough
transpose_vt: dir passthrough
yadif_videotoolbox: mode parity deint
scale_rkrga: w=side h=side format force_original_aspect_ratio force_divisible_by
"""
"""Of builds for other systems; taken from FFmpeg's documentation."""
