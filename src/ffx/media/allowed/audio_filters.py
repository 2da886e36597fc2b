"""Filters of sound and their options, in FFmpeg's order. How a table is read stands in ``table``."""

from __future__ import annotations

AUDIO_FILTERS = """
acompressor: level_in mode threshold ratio attack release makeup knee link detection level_sc mix
acontrast: contrast
acopy:
acrossfade: * nb_samples/ns duration/d=time overlap/o curve1/c1 curve2/c2 inputs/n
acrossover: split=list order level gain=list precision
acrusher: level_in level_out bits mix mode dc aa samples lfo lforange lforate
adeclick: window/w overlap/o arorder/a threshold/t burst/b method/m
adeclip: window/w overlap/o arorder/a threshold/t hsize/n method/m
adecorrelate: stages seed
adelay: delays=delays all
adenorm: level type
aderivative:
adrc: transfer attack release channels=list
adynamicequalizer: threshold dfrequency dqfactor tfrequency tqfactor attack release * knee ratio makeup range slew
    mode tftype dftype auto precision
adynamicsmooth: sensitivity basefreq
aecho: in_gain out_gain delays=delays decays=list
aemphasis: level_in level_out mode type
aeval: exprs=list channel_layout/c=layout
aexciter: level_in level_out amount drive blend freq ceil listen
afade: type/t start_sample/ss nb_samples/ns start_time/st=time duration/d=time curve/c silence unity
afftdn: noise_reduction/nr noise_floor/nf noise_type/nt band_noise/bn=list residual_floor/rf track_noise/tn
    track_residual/tr output_mode/om adaptivity/ad floor_offset/fo noise_link/nl band_multiplier/bm sample_noise/sn
    gain_smooth/gs
afftfilt: real=expression imag=expression win_size win_func overlap
aformat: sample_fmts/f=list sample_rates/r=list channel_layouts/cl=list
afreqshift: shift level order
afwtdn: sigma levels wavet percent profile adaptive samples softness
agate: level_in mode range threshold ratio attack release makeup knee detection link level_sc
aintegral:
ainterleave: nb_inputs/n=1..64 duration
alimiter: level_in level_out limit attack release asc asc_level level latency
allpass: frequency/f width_type/t width/w mix/m channels/c=list normalize/n order/o transform/a precision/r
aloop: loop size=0..20000000 start time=time
amerge: inputs=1..64 layout_mode
ametadata: mode key=text value=text function expr=expression file!writes direct
amix: inputs=1..64 duration dropout_transition weights=list normalize
amultiply:
anequalizer: params=list curves size=size mgain fscale colors=list
anlmdn: strength/s patch/p=time research/r=time output/o smooth/m
anull:
anullsrc: channel_layout/cl=layout sample_rate/r nb_samples/n duration/d=time
apad: packet_size pad_len whole_len pad_dur=time whole_dur=time
aphaser: in_gain out_gain delay decay speed type
aphaseshift: shift level order
apsyclip: level_in level_out clip diff adaptive iterations level
apulsator: level_in level_out mode amount offset_l offset_r width timing bpm ms hz
arealtime: limit=time speed=0.01..100
aresample: sample_rate * ich in_channel_count och out_channel_count uch used_channel_count isr in_sample_rate osr
    out_sample_rate isf in_sample_fmt osf out_sample_fmt tsf internal_sample_fmt icl in_channel_layout ocl
    out_channel_layout ichl in_chlayout ochl out_chlayout clev center_mix_level slev surround_mix_level lfe_mix_level
    rmvol rematrix_volume rematrix_maxval flags swr_flags dither_scale dither_method filter_size=0..4096
    phase_shift=0..16 linear_interp exact_rational cutoff resample_cutoff resampler precision cheby min_comp
    min_hard_comp comp_duration max_soft_comp async first_pts matrix_encoding filter_type kaiser_beta
    output_sample_bits uchl used_chlayout
aselect: expr/e=expression outputs/n=1..32
asetnsamples: nb_out_samples/n pad/p
asetpts: expr=expression
asetrate: sample_rate/r
asettb: expr/tb=expression
ashowinfo:
asoftclip: type threshold output param oversample
aspectralstats: win_size win_func overlap measure
asplit: outputs=1..32
astats: length metadata reset measure_perchannel measure_overall
asubboost: dry wet boost decay feedback cutoff slope delay channels=list
asubcut: cutoff order level
asupercut: cutoff order level
asuperpass: centerf order qfactor level
asuperstop: centerf order qfactor level
atempo: tempo
atilt: freq slope width order level
atrim: start/starti=time end/endi=time start_pts end_pts duration/durationi=time start_sample end_sample
bandpass: frequency/f width_type/t width/w csg mix/m channels/c=list normalize/n transform/a precision/r blocksize/b
bandreject: frequency/f width_type/t width/w mix/m channels/c=list normalize/n transform/a precision/r blocksize/b
bass: frequency/f width_type/t width/w gain/g poles/p mix/m channels/c=list normalize/n transform/a precision/r
    blocksize/b
biquad: a0 a1 a2 b0 b1 b2 mix/m channels/c=list normalize/n transform/a precision/r blocksize/b
channelmap: map=list channel_layout=layout
channelsplit: channel_layout=layout channels=list
chorus: in_gain out_gain delays=delays decays=list speeds=list depths=list
compand: attacks=list decays=list points=list soft-knee gain volume delay
compensationdelay: mm cm m dry wet temp
crossfeed: strength range slope level_in level_out block_size
crystalizer: i c
dcshift: shift limitergain
deesser: i m f s
dialoguenhance: original enhance voice
dynaudnorm: framelen/f gausssize/g peak/p maxgain/m targetrms/r coupling/n correctdc/c altboundary/b compress/s
    threshold/t channels/h=list overlap/o curve/v=list
earwax:
ebur128: video size=size meter framelog metadata peak dualmono panlaw target gauge scale integrated range lra_low
    lra_high sample_peak true_peak
equalizer: frequency/f width_type/t width/w gain/g mix/m channels/c=list normalize/n transform/a precision/r
    blocksize/b
extrastereo: m c
firequalizer: gain=expression gain_entry=list delay accuracy wfunc fixed multi zero_phase scale dumpfile!writes
    dumpscale fft2 min_phase
flanger: delay depth regen width speed shape phase interp
haas: level_in level_out side_gain middle_source middle_phase left_delay left_balance left_gain left_phase right_delay
    right_balance right_gain right_phase
hdcd: disable_autoconvert process_stereo cdt_ms force_pe analyze_mode bits_per_sample
highpass: frequency/f width_type/t width/w poles/p mix/m channels/c=list normalize/n transform/a precision/r
    blocksize/b
highshelf: frequency/f width_type/t width/w gain/g poles/p mix/m channels/c=list normalize/n transform/a precision/r
    blocksize/b
join: inputs=1..64 channel_layout=layout map=list
loudnorm: I/i LRA/lra TP/tp measured_I/measured_i measured_LRA/measured_lra measured_TP/measured_tp measured_thresh
    offset linear dual_mono print_format stats_file!writes
lowpass: frequency/f width_type/t width/w poles/p mix/m channels/c=list normalize/n transform/a precision/r
    blocksize/b
lowshelf: frequency/f width_type/t width/w gain/g poles/p mix/m channels/c=list normalize/n transform/a precision/r
    blocksize/b
mcompand: args=list
pan: args=list
rubberband: tempo pitch transients detector phase window smoothing formant pitchq channels
sidechaincompress: level_in mode threshold ratio attack release makeup knee link detection level_sc mix
sidechaingate: level_in mode range threshold ratio attack release makeup knee detection link level_sc
silencedetect: n/noise d/duration=time mono/m
silenceremove: start_periods start_duration=time start_threshold start_silence=time start_mode stop_periods
    stop_duration=time stop_threshold stop_silence=time stop_mode detection window=time timestamp
sine: frequency/f beep_factor/b sample_rate/r duration/d=time samples_per_frame=expression
speechnorm: peak/p expansion/e compression/c threshold/t raise/r fall/f channels/h=list invert/i link/l rms/m
stereotools: level_in level_out balance_in balance_out softclip mutel muter phasel phaser mode slev sbal mlev mpan
    base delay sclevel phase bmode_in bmode_out
stereowiden: delay feedback crossfeed drymix
superequalizer: 1b 2b 3b 4b 5b 6b 7b 8b 9b 10b 11b 12b 13b 14b 15b 16b 17b 18b
surround: chl_out=layout chl_in=layout level_in level_out lfe lfe_low lfe_high lfe_mode * angle fc_in fc_out fl_in
    fl_out fr_in fr_out sl_in sl_out sr_in sr_out bl_in bl_out br_in br_out bc_in bc_out lfe_in lfe_out allx ally fcx
    flx frx blx brx slx srx bcx fcy fly fry bly bry sly sry bcy win_size win_func overlap smooth focus
tiltshelf: frequency/f width_type/t width/w gain/g poles/p mix/m channels/c=list normalize/n transform/a precision/r
    blocksize/b
treble: frequency/f width_type/t width/w gain/g poles/p mix/m channels/c=list normalize/n transform/a precision/r
    blocksize/b
tremolo: f d
vibrato: f d
virtualbass: cutoff strength
volume: volume=expression precision eval replaygain replaygain_preamp replaygain_noclip
volumedetect:
"""
