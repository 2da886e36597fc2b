"""Encoders and their own options. How a table is read stands in ``table``; ``parameters`` has libraries' lists."""

from __future__ import annotations

ENCODERS = """
aac: aac_coder aac_ms aac_is aac_pns aac_tns aac_ltp aac_pred aac_pce
ac3 ac3_fixed: center_mixlev surround_mixlev mixing_level room_type per_frame_metadata copyright dialnorm dsur_mode
    original dmix_mode ltrt_cmixlev ltrt_surmixlev loro_cmixlev loro_surmixlev dsurex_mode dheadphone_mode
    ad_conv_type stereo_rematrixing channel_coupling cpl_start_band
adpcm_ima_qt adpcm_ima_wav adpcm_ms: block_size
alac: min_prediction_order max_prediction_order
apng png: dpi dpm pred
aptx aptx_hd ass libgsm libshine mp2 mp2fixed nellymoser pcm_alaw pcm_bluray pcm_dvd pcm_f32be pcm_f32le pcm_f64le
    pcm_mulaw pcm_s16be pcm_s16le pcm_s24be pcm_s24le pcm_s32be pcm_s32le pcm_s8 pcm_u8 pcm_u16le pcm_u24le pcm_u32le
    qtrle rawvideo srt ssa subrip text tta ttml v210 v308 v408 v410 vorbis webvtt wmav1 wmav2 wrapped_avframe zlib
    zmbv bmp g722 hdr:
av1_amf: usage bitdepth profile level quality preset latency rc qvbr_quality_level header_insertion_mode
    async_depth=0..64 preencode enforce_hrd filler_data max_b_frames bf high_motion_quality_boost_enable min_qp_i
    max_qp_i min_qp_p max_qp_p min_qp_b max_qp_b qp_p qp_i qp_b skip_frame aq_mode forced_idr align smart_access_video
    preanalysis pa_activity_type pa_scene_change_detection_enable pa_scene_change_detection_sensitivity
    pa_static_scene_detection_enable pa_static_scene_detection_sensitivity pa_initial_qp_after_scene_change
    pa_max_qp_before_force_skip pa_caq_strength pa_frame_sad_enable pa_ltr_enable pa_lookahead_buffer_depth
    pa_paq_mode pa_taq_mode pa_high_motion_quality_boost_mode pa_adaptive_mini_gop
av1_nvenc: preset tune level tier rc multipass highbitdepth tile-rows tile-columns surfaces gpu!device rgb_mode delay
    rc-lookahead cq init_qpP init_qpB init_qpI qp qp_cb_offset qp_cr_offset qmin qmax no-scenecut forced-idr b_adapt
    spatial-aq temporal-aq zerolatency nonref_p strict_gop aq-strength weighted_pred b_ref_mode dpb_size ldkfs
    intra-refresh timing-info extra_sei a53cc s12m_tc cbr_padding tf_level lookahead_level split_encode_mode
av1_qsv: async_depth=0..64 preset forced_idr low_power qsv_params!unchecked b_strategy adaptive_i adaptive_b extbrc
    low_delay_brc max_frame_size max_frame_size_i max_frame_size_p profile tile_cols tile_rows look_ahead_depth
av1_vaapi: idr_interval b_depth async_depth=0..64 low_power max_frame_size rc_mode blbrc profile tier level tiles=size
    tile_groups
av1_vulkan hevc_vulkan: idr_interval b_depth async_depth=0..64 qp quality rc_mode tune usage content profile tier
    level units
cfhd: quality
cinepak: max_extra_cb_iterations skip_empty_cb max_strips min_strips strip_number_adaptivity
dca: dca_adpcm
dnxhd: nitris_compat ibias profile
dvbsub: min_bpp
dvdsub: palette=list even_rows_fix
dvvideo: quant_deadzone
eac3: mixing_level room_type per_frame_metadata copyright dialnorm dsur_mode original dmix_mode ltrt_cmixlev
    ltrt_surmixlev loro_cmixlev loro_surmixlev dsurex_mode dheadphone_mode ad_conv_type stereo_rematrixing
    channel_coupling cpl_start_band
ffv1: slicecrc coder context qtable remap_mode remap_optimizer
ffv1_vulkan: slicecrc context coder qtable slices_h slices_v force_pcm rct_search async_depth=0..64 remap_mode
ffvhuff: non_deterministic pred context
flac: lpc_coeff_precision lpc_type lpc_passes min_partition_order max_partition_order prediction_order_method ch_mode
    exact_rice_parameters multi_dim_quant min_prediction_order max_prediction_order
flv h261 msmpeg4 msmpeg4v2 speedhq wmv1 wmv2: mpv_flags luma_elim_threshold chroma_elim_threshold
    quantizer_noise_shaping error_rate qsquish rc_qmod_amp rc_qmod_freq rc_eq=expression rc_init_cplx
    rc_buf_aggressivity border_mask lmin lmax skip_threshold skip_factor skip_exp skip_cmp sc_threshold
    noise_reduction ps motion_est mepc mepre intra_penalty
g726: code_size
gif: gifflags gifimage global_palette
h263: obmc mb_info mpv_flags luma_elim_threshold chroma_elim_threshold quantizer_noise_shaping error_rate qsquish
    rc_qmod_amp rc_qmod_freq rc_eq=expression rc_init_cplx rc_buf_aggressivity border_mask lmin lmax skip_threshold
    skip_factor skip_exp skip_cmp sc_threshold noise_reduction ps motion_est mepc mepre intra_penalty
h263p: umv aiv obmc structured_slices mpv_flags luma_elim_threshold chroma_elim_threshold quantizer_noise_shaping
    error_rate qsquish rc_qmod_amp rc_qmod_freq rc_eq=expression rc_init_cplx rc_buf_aggressivity border_mask lmin
    lmax skip_threshold skip_factor skip_exp skip_cmp sc_threshold noise_reduction ps motion_est mepc mepre
    intra_penalty
h264_amf: usage profile level latency quality preset rc qvbr_quality_level enforce_hrd filler_data vbaq frame_skipping
    qp_i qp_p qp_b preencode max_au_size header_spacing async_depth=0..64 bf_delta_qp bf_ref bf_ref_delta_qp
    max_b_frames bf intra_refresh_mb coder high_motion_quality_boost_enable me_half_pel me_quarter_pel forced_idr aud
    smart_access_video preanalysis pa_activity_type pa_scene_change_detection_enable
    pa_scene_change_detection_sensitivity pa_static_scene_detection_enable pa_static_scene_detection_sensitivity
    pa_initial_qp_after_scene_change pa_max_qp_before_force_skip pa_caq_strength pa_frame_sad_enable pa_ltr_enable
    pa_lookahead_buffer_depth pa_paq_mode pa_taq_mode pa_high_motion_quality_boost_mode pa_adaptive_mini_gop
h264_nvenc: preset tune profile level rc rc-lookahead surfaces cbr 2pass gpu!device delay no-scenecut forced-idr
    b_adapt spatial-aq spatial_aq temporal-aq temporal_aq zerolatency nonref_p strict_gop aq-strength cq aud
    bluray-compat init_qpP init_qpB init_qpI qp qp_cb_offset qp_cr_offset weighted_pred coder b_ref_mode a53cc
    dpb_size multipass ldkfs extra_sei udu_sei intra-refresh single-slice-intra-refresh constrained-encoding rgb_mode
    qmin qmax s12m_tc highbitdepth max_slice_size cbr_padding tf_level lookahead_level
h264_qsv: async_depth=0..64 avbr_accuracy avbr_convergence preset forced_idr low_power rdo max_frame_size
    max_frame_size_i max_frame_size_p max_slice_size bitrate_limit mbbrc extbrc adaptive_i adaptive_b p_strategy
    b_strategy dblk_idc low_delay_brc max_qp_i min_qp_i max_qp_p min_qp_p max_qp_b min_qp_b cavlc idr_interval
    pic_timing_sei single_sei_nal_unit max_dec_frame_buffering look_ahead look_ahead_depth look_ahead_downsampling
    int_ref_type int_ref_cycle_size int_ref_qp_delta recovery_point_sei int_ref_cycle_dist profile a53cc aud mfmode
    repeat_pps qsv_params!unchecked scenario skip_frame
h264_v4l2m2m hevc_v4l2m2m mpeg4_v4l2m2m vp8_v4l2m2m h263_v4l2m2m: num_output_buffers num_capture_buffers
h264_vaapi: low_power idr_interval b_depth async_depth=0..64 max_frame_size rc_mode qp quality coder aud sei profile
    level blbrc
h264_vulkan: idr_interval b_depth async_depth=0..64 qp quality rc_mode tune usage content profile level coder units
hap: format chunks compressor
hevc_amf: usage bitdepth profile profile_tier level quality preset latency rc qvbr_quality_level header_insertion_mode
    async_depth=0..64 high_motion_quality_boost_enable gops_per_idr preencode vbaq enforce_hrd filler_data max_au_size
    min_qp_i max_qp_i min_qp_p max_qp_p qp_p qp_i skip_frame me_half_pel me_quarter_pel forced_idr aud
    smart_access_video preanalysis pa_activity_type pa_scene_change_detection_enable
    pa_scene_change_detection_sensitivity pa_static_scene_detection_enable pa_static_scene_detection_sensitivity
    pa_initial_qp_after_scene_change pa_max_qp_before_force_skip pa_caq_strength pa_frame_sad_enable pa_ltr_enable
    pa_lookahead_buffer_depth pa_paq_mode pa_taq_mode pa_high_motion_quality_boost_mode
hevc_nvenc: preset tune profile level tier rc rc-lookahead surfaces cbr 2pass gpu!device delay no-scenecut forced-idr
    spatial_aq spatial-aq temporal_aq temporal-aq zerolatency nonref_p strict_gop aq-strength cq aud bluray-compat
    init_qpP init_qpB init_qpI qp qp_cb_offset qp_cr_offset weighted_pred b_ref_mode a53cc s12m_tc dpb_size multipass
    ldkfs extra_sei udu_sei intra-refresh single-slice-intra-refresh constrained-encoding rgb_mode b_adapt qmin qmax
    highbitdepth max_slice_size cbr_padding tf_level lookahead_level unidir_b split_encode_mode
hevc_qsv: async_depth=0..64 avbr_accuracy avbr_convergence preset forced_idr low_power rdo max_frame_size
    max_frame_size_i max_frame_size_p max_slice_size mbbrc extbrc p_strategy b_strategy dblk_idc low_delay_brc
    max_qp_i min_qp_i max_qp_p min_qp_p max_qp_b min_qp_b idr_interval load_plugin!runs load_plugins!runs
    look_ahead_depth profile gpb tile_cols tile_rows recovery_point_sei aud pic_timing_sei transform_skip int_ref_type
    int_ref_cycle_size int_ref_qp_delta int_ref_cycle_dist qsv_params!unchecked adaptive_i adaptive_b scenario
    skip_frame tier
hevc_vaapi: low_power idr_interval b_depth async_depth=0..64 max_frame_size rc_mode qp aud profile tier level sei
    tiles=size blbrc
huffyuv: non_deterministic pred
jpeg2000: format tile_width tile_height pred sop eph prog layer_rates=list
libaom-av1: cpu-used auto-alt-ref lag-in-frames arnr-max-frames arnr-strength aq-mode error-resilience crf
    static-thresh drop-threshold denoise-noise-level denoise-block-size undershoot-pct overshoot-pct minsection-pct
    maxsection-pct frame-parallel tiles=size tile-columns tile-rows row-mt enable-cdef enable-global-motion
    enable-intrabc enable-restoration usage tune still-picture enable-rect-partitions enable-1to4-partitions
    enable-ab-partitions enable-angle-delta enable-cfl-intra enable-filter-intra enable-intra-edge-filter
    enable-smooth-intra enable-paeth-intra enable-palette enable-flip-idtx enable-tx64 reduced-tx-type-set
    use-intra-dct-only use-inter-dct-only use-intra-default-tx-only enable-ref-frame-mvs enable-reduced-reference-set
    enable-obmc enable-dual-filter enable-diff-wtd-comp enable-dist-wtd-comp enable-onesided-comp
    enable-interinter-wedge enable-interintra-wedge enable-masked-comp enable-interintra-comp enable-smooth-interintra
    aom-params=aom dolbyvision
libcodec2: mode
libjxl: effort distance modular xyb
libkvazaar: kvazaar-params=kvazaar
libmp3lame: reservoir joint_stereo abr copyright original
liboapv: preset qp oapv-params!unchecked
libopencore_amrnb: dtx
libopenh264: loopfilter profile max_nal_size allow_skip_frames coder rc_mode
libopenjpeg: format profile cinema_mode prog_order numresolution irreversible disto_alloc fixed_quality
libopus: application frame_duration packet_loss fec vbr mapping_family apply_phase_inv dtx
librav1e: qp speed tiles tile-rows tile-columns rav1e-params=rav1e
libspeex: abr cbr_quality frames_per_packet vad dtx
libsvtav1: hielevel la_depth tier preset crf qp sc_detection tile_columns tile_rows svtav1-params=svtav1 dolbyvision
libtheora: speed_level
libtwolame: mode psymodel energy_levels error_protection copyright original verbosity
libvorbis: iblock
libvpx: lag-in-frames arnr-maxframes arnr-strength arnr-type tune deadline error-resilient max-intra-rate crf
    static-thresh drop-threshold noise-sensitivity undershoot-pct overshoot-pct ts-parameters=list auto-alt-ref
    cpu-used speed quality vp8flags arnr_max_frames arnr_strength arnr_type rc_lookahead sharpness screen-content-mode
libvpx-vp9: lag-in-frames arnr-maxframes arnr-strength arnr-type tune deadline error-resilient max-intra-rate crf
    static-thresh drop-threshold noise-sensitivity undershoot-pct overshoot-pct ts-parameters=list auto-alt-ref
    cpu-used lossless tile-columns tile-rows frame-parallel aq-mode level row-mt tune-content corpus-complexity
    enable-tpl speed quality vp8flags arnr_max_frames arnr_strength arnr_type rc_lookahead sharpness min-gf-interval
libvvenc: preset qp qpa passlogfile!writes stats!writes period vvenc-params=vvenc level tier
libwebp libwebp_anim: lossless preset cr_threshold cr_size quality
libx264 libx264rgb: preset tune profile fastfirstpass level passlogfile!writes wpredp a53cc x264opts=x264 crf crf_max
    qp aq-mode aq-strength psy psy-rd=list rc-lookahead weightb weightp ssim intra-refresh bluray-compat b-bias
    b-pyramid mixed-refs 8x8dct fast-pskip aud mbtree deblock=list cplxblur partitions=list direct-pred slice-max-size
    stats!writes nal-hrd avcintra-class me_method motion-est forced-idr coder b_strategy chromaoffset sc_threshold
    noise_reduction udu_sei x264-params=x264 mb_info
libx265: crf qp forced-idr preset tune profile udu_sei x265-params=x265 x265-stats!writes a53cc dolbyvision
libxavs2: lcu_row_threads initial_qp qp max_qp min_qp speed_level log_level xavs2-params!unchecked
libxvid: lumi_aq variance_aq ssim ssim_acc gmc me_quality mpeg_quant
ljpeg magicyuv utvideo: pred
mjpeg: mpv_flags luma_elim_threshold chroma_elim_threshold quantizer_noise_shaping error_rate qsquish rc_qmod_amp
    rc_qmod_freq rc_eq=expression rc_init_cplx rc_buf_aggressivity border_mask lmin lmax skip_threshold skip_factor
    skip_exp skip_cmp sc_threshold noise_reduction ps huffman force_duplicated_matrix
mjpeg_qsv: async_depth=0..64
mjpeg_vaapi: low_power idr_interval b_depth async_depth=0..64 max_frame_size jfif huffman
mlp truehd: max_interval lpc_coeff_precision lpc_type lpc_passes codebook_search prediction_order rematrix_precision
mov_text: height
mpeg1video: gop_timecode=list drop_frame_timecode scan_offset timecode_frame_start b_strategy b_sensitivity brd_scale
    mpv_flags luma_elim_threshold chroma_elim_threshold quantizer_noise_shaping error_rate qsquish rc_qmod_amp
    rc_qmod_freq rc_eq=expression rc_init_cplx rc_buf_aggressivity border_mask lmin lmax skip_threshold skip_factor
    skip_exp skip_cmp sc_threshold noise_reduction ps motion_est mepc mepre intra_penalty
mpeg2_qsv: async_depth=0..64 avbr_accuracy avbr_convergence preset forced_idr low_power rdo profile
    qsv_params!unchecked
mpeg2_vaapi: low_power idr_interval b_depth async_depth=0..64 max_frame_size rc_mode profile level blbrc
mpeg2video: gop_timecode=list drop_frame_timecode scan_offset timecode_frame_start b_strategy b_sensitivity brd_scale
    intra_vlc non_linear_quant alternate_scan a53cc seq_disp_ext video_format mpv_flags luma_elim_threshold
    chroma_elim_threshold quantizer_noise_shaping error_rate qsquish rc_qmod_amp rc_qmod_freq rc_eq=expression
    rc_init_cplx rc_buf_aggressivity border_mask lmin lmax skip_threshold skip_factor skip_exp skip_cmp sc_threshold
    noise_reduction ps motion_est mepc mepre intra_penalty intra_dc_precision
mpeg4: data_partitioning alternate_scan mpeg_quant b_strategy b_sensitivity brd_scale mpv_flags luma_elim_threshold
    chroma_elim_threshold quantizer_noise_shaping error_rate qsquish rc_qmod_amp rc_qmod_freq rc_eq=expression
    rc_init_cplx rc_buf_aggressivity border_mask lmin lmax skip_threshold skip_factor skip_exp skip_cmp sc_threshold
    noise_reduction ps motion_est mepc mepre intra_penalty
opus: opus_delay apply_phase_inv
prores prores_aw: vendor
prores_ks: mbs_per_slice profile vendor bits_per_mb quant_mat alpha_bits
prores_ks_vulkan: mbs_per_slice profile vendor bits_per_mb quant_mat alpha_bits async_depth=0..64
sgi: rle
snow: motion_est memc_only no_bitstream intra_penalty iterative_dia_size sc_threshold pred rc_eq=expression
svq1: motion-est
tiff: dpi compression_algo
vc2: tolerance slice_width slice_height wavelet_depth wavelet_type qm
vp8_vaapi vp9_vaapi: low_power idr_interval b_depth async_depth=0..64 max_frame_size rc_mode loop_filter_level
    loop_filter_sharpness blbrc
vp9_qsv: async_depth=0..64 avbr_accuracy avbr_convergence preset forced_idr low_power profile tile_cols tile_rows
    qsv_params!unchecked
wavpack: joint_stereo optimize_mono
"""

ENCODERS_ELSEWHERE = """
h264_videotoolbox hevc_videotoolbox prores_videotoolbox: profile level coder cavlc alpha_quality constant_bit_rate
    max_slice_bytes require_sw allow_sw realtime frames_before frames_after prio_speed power_efficient spatial_aq
    max_ref_frames a53cc
aac_at alac_at: aac_at_mode aac_at_quality
aac_mf ac3_mf mp3_mf:
h264_mf hevc_mf av1_mf: rate_control scenario quality hw_encoding
h264_rkmpp hevc_rkmpp mjpeg_rkmpp: rc_mode qp_init qp_max qp_min qp_max_i qp_min_i profile tier level coder 8x8dct
    surfaces
h264_mediacodec hevc_mediacodec av1_mediacodec vp8_mediacodec vp9_mediacodec mpeg4_mediacodec: bitrate_mode level
    pts_as_dts operating_rate qp_i_min qp_p_min qp_b_min qp_i_max qp_p_max qp_b_max profile
libfdk_aac: afterburner eld_sbr eld_v2 signaling latm header_period vbr prof_ref_level
libvo_amrwbenc: dtx
libdavs2 libilbc: mode
"""
"""Of builds for other systems; taken from FFmpeg's documentation."""
