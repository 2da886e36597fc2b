"""What is known and refused, with the reason: the rest that is on no list is refused as unknown."""

from __future__ import annotations

REFUSED_FILTERS = """
opens: movie amovie
reads: arnndn cellauto derain dnn_classify dnn_detect dnn_processing fieldhint find_rect cover_rect lensfun life nnedi
    ocr removelogo sofalizer sr vidstabtransform whisper showcqt fsync
writes: deshake signature vidstabdetect libvmaf vmafmotion psnr ssim ssim360 xpsnr apsnr
runs: frei0r frei0r_src ladspa lv2 ocv program_opencl openclsrc
connects: zmq azmq
unchecked: sendcmd asendcmd
memory: reverse areverse random fifo afifo
"""

REFUSED_OPTIONS = """
decided: progress stats_period loglevel v report init_hw_device filter_hw_device hwaccel hwaccel_device
    hwaccel_output_format vaapi_device qsv_device debug_ts dump hex benchmark benchmark_all timelimit cpuflags
    cpucount max_alloc target protocol_whitelist protocol_blacklist format_whitelist codec_whitelist h help version L
    sources sinks devices
passes: pass passlogfile
writes: vstats vstats_file sdp_file print_graphs print_graphs_file dump_attachment stats_enc_pre stats_enc_post
    stats_mux_pre hls_segment_filename segment_list strftime
reads: attach filter_script filter_complex_script fpre pre vpre apre spre
opens: hls_key_info_file
connects: method http_opts headers user_agent
input: stream_loop re readrate readrate_initial_burst readrate_catchup sseof seek_timestamp accurate_seek itsoffset
    itsscale isync find_stream_info probesize analyzeduration fpsprobesize rtbufsize use_wallclock_as_timestamps
    autorotate discard guess_layout_max fix_sub_duration canvas_size display_rotation display_hflip display_vflip safe
    thread_queue_size
"""
