"""Filters of pictures and their options, in FFmpeg's order. How a table is read stands in ``table``."""

from __future__ import annotations

VIDEO_FILTERS = """
alphaextract:
alphamerge: * eof_action shortest repeatlast ts_sync_mode
amplify: radius factor threshold tolerance low high planes
ass: filename/f=file original_size=size fontsdir!reads alpha shaping
atadenoise: 0a 0b 1a 1b 2a 2b s p a 0s 1s 2s
avgblur: sizeX planes sizeY
backgroundkey: threshold similarity blend
bilateral: sigmaS sigmaR planes
blackdetect: d/black_min_duration picture_black_ratio_th/pic_th pixel_black_th/pix_th alpha
blackframe: amount threshold/thresh
blend: c0_mode c1_mode c2_mode c3_mode all_mode c0_expr=expression c1_expr=expression c2_expr=expression
    c3_expr=expression all_expr=expression c0_opacity c1_opacity c2_opacity c3_opacity all_opacity * eof_action
    shortest repeatlast ts_sync_mode
bm3d: sigma block bstep group range mstep thmse hdthr estim ref planes
boxblur: luma_radius/lr=expression luma_power/lp chroma_radius/cr=expression chroma_power/cp
    alpha_radius/ar=expression alpha_power/ap
bwdif: mode parity deint
cas: strength planes
ccrepack:
chromahold: color=colour similarity blend yuv
chromakey: color=colour similarity blend yuv
chromanr: thres sizew sizeh stepw steph threy threu threv distance
chromashift: cbh cbv crh crv edge
color: color/c=colour size/s=size rate/r=rate duration/d=time sar=ratio
colorbalance: rs gs bs rm gm bm rh gh bh pl
colorchannelmixer: rr rg rb ra gr gg gb ga br bg bb ba ar ag ab aa pc pa
colorcontrast: rc gm by rcw gmw byw pl
colorcorrect: rl bl rh bh saturation analyze
colordetect: mode
colorhold: color=colour similarity blend
colorize: hue saturation lightness mix
colorkey: color=colour similarity blend
colorlevels: rimin gimin bimin aimin rimax gimax bimax aimax romin gomin bomin aomin romax gomax bomax aomax preserve
colormatrix: src dst
colorspace: all space range primaries trc format fast dither wpadapt * iall ispace irange iprimaries itrc clipgamut
colortemperature: temperature mix pl
concat: n=2..64 v=0..8 a=0..32 unsafe
convolution: 0m=list 1m=list 2m=list 3m=list 0rdiv 1rdiv 2rdiv 3rdiv 0bias 1bias 2bias 3bias 0mode 1mode 2mode 3mode
copy:
crop: out_w/w=side out_h/h=side x=expression y=expression keep_aspect exact
cropdetect: limit round reset skip reset_count max_outliers mode high low mv_threshold
curves: preset master/m=list red/r=list green/g=list blue/b=list all=list psfile=file plot!writes interp
dblur: angle radius planes
dctdnoiz: sigma/s overlap expr/e=expression n
deband: 1thr 2thr 3thr 4thr range/r direction/d blur/b coupling/c
deblock: filter block alpha beta gamma delta planes
decimate: cycle dupthresh scthresh blockx blocky ppsrc chroma mixed
dedot: m lt tl tc ct
deflate: threshold0 threshold1 threshold2 threshold3
deflicker: size/s mode/m bypass
dejudder: cycle
delogo: x=expression y=expression w=expression h=expression show
despill: type mix expand red green blue brightness alpha
detelecine: first_field pattern start_frame
dilation: coordinates threshold0 threshold1 threshold2 threshold3
doubleweave: first_field
drawbox: x=expression y=expression width/w=expression height/h=expression color/c=colour thickness/t=expression
    replace box_source=list
drawgrid: x=expression y=expression width/w=expression height/h=expression color/c=colour thickness/t=expression
    replace
drawtext: fontfile=file text=text textfile!reads fontcolor=colour fontcolor_expr=text boxcolor=colour
    bordercolor=colour shadowcolor=colour box boxborderw=list line_spacing fontsize=expression * x=expression
    y=expression shadowx shadowy borderw tabsize basetime font=font expansion timecode=text tc24hmax
    timecode_rate/r/rate=ratio reload alpha=expression fix_bounds start_number text_source text_shaping ft_load_flags
    text_align boxw boxh y_align
edgedetect: high low mode planes
eq: contrast=expression brightness=expression saturation=expression gamma=expression gamma_r=expression
    gamma_g=expression gamma_b=expression gamma_weight=expression eval
erosion: coordinates threshold0 threshold1 threshold2 threshold3
estdif: mode parity deint rslope redge ecost mcost dcost interp
exposure: exposure black
extractplanes: planes
fade: type/t start_frame/s nb_frames/n alpha start_time/st=time duration/d=time color/c=colour
fftdnoiz: sigma amount block overlap method prev next planes window
field: type
fieldmatch: order mode ppsrc field mchroma y0 y1 scthresh combmatch combdbg cthresh chroma blockx blocky combpel
fieldorder: order
fillborders: left right top bottom mode color=colour
format: pix_fmts=list color_spaces=list color_ranges=list alpha_modes=list
fps: fps=rate start_time round eof_action
framepack: format
framerate: fps=rate interp_start interp_end scene flags
framestep: step
freezedetect: n/noise d/duration=time
freezeframes: first last replace
fspp: quality qp strength use_bframe_qp
gblur: sigma steps planes sigmaV
geq: lum_expr/lum=expression cb_expr/cb=expression cr_expr/cr=expression alpha_expr/a=expression red_expr/r=expression
    green_expr/g=expression blue_expr/b=expression interpolation/i
gradfun: strength radius
grayworld:
greyedge: difford minknorm sigma
haldclut: clut interp * eof_action shortest repeatlast ts_sync_mode
hflip:
histeq: strength intensity antibanding
hqdn3d: luma_spatial chroma_spatial luma_tmp chroma_tmp
hqx: n
hstack: inputs=2..64 shortest
hsvhold: hue sat val similarity blend
hsvkey: hue sat val similarity blend
hue: h=expression s=expression H=expression b=expression
huesaturation: hue saturation intensity colors strength rw gw bw lightness
idet: intl_thres prog_thres rep_thres half_life analyze_interlaced_flag
il: luma_mode/l chroma_mode/c alpha_mode/a luma_swap/ls chroma_swap/cs alpha_swap/as
inflate: threshold0 threshold1 threshold2 threshold3
interlace: scan lowpass
interleave: nb_inputs/n=1..64 duration
kerndeint: thresh map order sharp twoway
kirsch: planes scale delta
lagfun: decay planes
lenscorrection: cx cy k1 k2 i fc=colour
limiter: min max planes
loop: loop=-1..1000000 size=0..250 start time=time
lumakey: threshold tolerance softness
lut: c0=expression c1=expression c2=expression c3=expression y=expression u=expression v=expression r=expression
    g=expression b=expression a=expression
lut1d: file=file interp
lut3d: file=file clut interp
lutrgb: c0=expression c1=expression c2=expression c3=expression y=expression u=expression v=expression r=expression
    g=expression b=expression a=expression
lutyuv: c0=expression c1=expression c2=expression c3=expression y=expression u=expression v=expression r=expression
    g=expression b=expression a=expression
median: radius planes radiusV percentile
metadata: mode key=text value=text function expr=expression file!writes direct
minterpolate: fps=rate mi_mode mc_mode me_mode me mb_size search_param vsbmc scd scd_threshold
mix: inputs=2..64 weights=list scale planes duration
monochrome: cb cr size high
mpdecimate: max * hi lo frac keep
negate: components negate_alpha
nlmeans: s p pc r rc
noformat: pix_fmts=list color_spaces=list color_ranges=list alpha_modes=list
noise: all_seed all_strength/alls all_flags/allf c0_seed c0_strength/c0s c0_flags/c0f c1_seed c1_strength/c1s
    c1_flags/c1f c2_seed c2_strength/c2s c2_flags/c2f c3_seed c3_strength/c3s c3_flags/c3f
normalize: blackpt=colour whitept=colour smoothing independence strength
null:
nullsrc: size/s=size rate/r=rate duration/d=time sar=ratio
overlay: x=expression y=expression eof_action eval shortest format repeatlast alpha * ts_sync_mode
owdenoise: depth luma_strength/ls chroma_strength/cs
pad: width/w=side height/h=side x=expression y=expression color=colour eval aspect=ratio
palettegen: max_colors reserve_transparent transparency_color=colour stats_mode use_alpha
paletteuse: dither bayer_scale diff_mode new alpha_threshold * use_alpha debug_kdtree!writes color_search mean_err
    debug_accuracy
perspective: x0=expression y0=expression x1=expression y1=expression x2=expression y2=expression x3=expression
    y3=expression interpolation sense eval
phase: mode
photosensitivity: frames/f threshold/t skip bypass
pixelize: width/w height/h mode/m planes/p
pp: subfilters=list
pp7: qp mode
premultiply: planes inplace
premultiply_dynamic: planes inplace
prewitt: planes scale delta
pseudocolor: c0=expression c1=expression c2=expression c3=expression index/i preset/p opacity
pullup: jl jr jt jb sb mp
realtime: limit=time speed=0.01..100
removegrain: m0 m1 m2 m3
repeatfields:
rgbashift: rh rv gh gv bh bv ah av edge
roberts: planes scale delta
rotate: angle/a=expression out_w/ow=side out_h/oh=side fillcolor/c=colour bilinear
sab: luma_radius/lr luma_pre_filter_radius/lpfr luma_strength/ls chroma_radius/cr chroma_pre_filter_radius/cpfr
    chroma_strength/cs
scale: w/width=side h/height=side flags interl * in_color_matrix out_color_matrix in_range out_range in_v_chr_pos
    in_h_chr_pos out_v_chr_pos out_h_chr_pos force_original_aspect_ratio force_divisible_by param0 param1 eval
    size/s=size in_chroma_loc out_chroma_loc in_primaries out_primaries in_transfer out_transfer reset_sar eof_action
    shortest repeatlast ts_sync_mode sws_flags sws_dither gamma alphablend threads=0..64 intent scaler scaler_sub
scdet: threshold/t sc_pass/s
scharr: planes scale delta
scroll: horizontal/h vertical/v hpos vpos
select: expr/e=expression outputs/n=1..32
selectivecolor: correction_method reds=list yellows=list greens=list cyans=list blues=list magentas=list whites=list
    neutrals=list blacks=list psfile=file
separatefields:
setdar: dar/ratio/r=expression max
setfield: mode
setparams: field_mode range color_primaries color_trc colorspace chroma_location alpha_mode
setpts: expr=expression strip_fps
setrange: range
setsar: sar/ratio/r=expression max
settb: expr/tb=expression
shear: shx shy fillcolor/c=colour interp
showinfo: checksum udu_sei_as_ascii
shufflepixels: direction/d mode/m width/w height/h seed/s
shuffleplanes: map0 map1 map2 map3
signalstats: stat out c/color=colour
smartblur: luma_radius/lr luma_strength/ls luma_threshold/lt chroma_radius/cr chroma_strength/cs chroma_threshold/ct
    alpha_radius/ar alpha_strength/as alpha_threshold/at
smptebars: size/s=size rate/r=rate duration/d=time sar=ratio
smptehdbars: size/s=size rate/r=rate duration/d=time sar=ratio
sobel: planes scale delta
split: outputs=1..32
spp: quality qp mode use_bframe_qp
stereo3d: in out
subtitles: filename/f=file original_size=size fontsdir!reads alpha charenc stream_index/si force_style=text
    wrap_unicode shaping
swapuv:
tblend: c0_mode c1_mode c2_mode c3_mode all_mode c0_expr=expression c1_expr=expression c2_expr=expression
    c3_expr=expression all_expr=expression c0_opacity c1_opacity c2_opacity c3_opacity all_opacity
telecine: first_field pattern
testsrc: size/s=size rate/r=rate duration/d=time sar=ratio decimals/n
testsrc2: size/s=size rate/r=rate duration/d=time sar=ratio alpha
thumbnail: n=2..300 log
tile: layout=grid nb_frames margin padding color=colour overlap init_padding
tinterlace: mode * flags
tmedian: radius=1..64 planes percentile
tmix: frames=1..128 weights=list scale planes
tonemap: tonemap param desat peak
tpad: start=0..100000 stop=-1..100000 start_mode stop_mode start_duration=time stop_duration=time color=colour
transpose: dir passthrough
trim: start/starti=time end/endi=time start_pts end_pts duration/durationi=time start_frame end_frame
unpremultiply: planes inplace
unsharp: luma_msize_x/lx luma_msize_y/ly luma_amount/la chroma_msize_x/cx chroma_msize_y/cy chroma_amount/ca
    alpha_msize_x/ax alpha_msize_y/ay alpha_amount/aa
untile: layout=grid
uspp: quality qp use_bframe_qp codec!unchecked
v360: input output interp w=0..16384 h=0..16384 in_stereo out_stereo in_forder out_forder in_frot out_frot in_pad
    out_pad fin_pad fout_pad yaw pitch roll rorder h_fov v_fov d_fov h_flip v_flip d_flip ih_flip iv_flip in_trans
    out_trans ih_fov iv_fov id_fov h_offset v_offset alpha_mask reset_rot
vaguedenoiser: threshold method nsteps percent planes type
vflip:
vibrance: intensity rbal gbal bbal rlum glum blum alternate
vignette: angle/a=expression x0=expression y0=expression mode eval dither aspect=ratio
vstack: inputs=2..64 shortest
w3fdif: filter mode parity deint
weave: first_field
xbr: n
xfade: transition duration=time offset=time expr=expression
xmedian: inputs=3..64 planes percentile * eof_action shortest repeatlast ts_sync_mode
xstack: inputs=2..64 layout=list grid=grid shortest fill=colour
yadif: mode parity deint
yaepblur: radius/r planes/p sigma/s
zoompan: zoom/z=expression x=expression y=expression d=expression s=size fps=rate
zscale: w/width=side h/height=side size/s=size dither/d filter/f out_range/range/r primaries/p transfer/t matrix/m
    in_range/rangein/rin primariesin/pin transferin/tin matrixin/min chromal/c chromalin/cin npl agamma param_a
    param_b
"""
