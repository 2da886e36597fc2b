"""The lists of parameters that go to an encoder's own library, such as ``-x265-params``.

Most libraries have parameters that read or write files; those that are known stand here with the reason, any other that
is not here is refused as unknown. Names are written with ``-``; ``_`` means the same.
"""

from __future__ import annotations

PARAMETERS = """
x264: 8x8dct analyse annexb aq-mode aq-strength asm!unchecked aud avcintra-class b-adapt b-bias b-pyramid bff bframes
    bitrate bluray-compat cabac chroma-me chroma-qp-offset chromaloc cll=light colormatrix colorprim constrained-intra
    cplxblur cqm!reads cqm4!unchecked cqm8!unchecked cqmfile!reads crf crf-max dct-decimate deadzone-inter
    deadzone-intra deblock direct direct-pred dump-yuv!writes fake-interlaced fast-pskip filler filter force-cfr
    frame-packing fullrange interlaced intra-refresh ipratio keyint keyint-min level log log-file!writes
    log-file-level!writes lookahead-threads=0..64     mastering-display=mastering mbtree me me-range merange
    min-keyint mixed-refs mvrange mvrange-thread nal-hrd non-deterministic nr open-gop opencl!device opencl-clbin!runs
    opencl-device!device overscan partitions pass!passes pbratio pic-struct psnr psy psy-rd qblur qcomp qp
    qpfile!reads qpmax qpmin qpstep ratetol rc-lookahead ref scenecut slice-max-mbs slice-max-size slice-min-mbs
    sliced-threads slices slices-max sps-id ssim stats!writes stitchable subme subq sync-lookahead tcfile-in!reads
    tcfile-out!writes tff threads=0..64 transfer trellis vbv-bufsize vbv-init vbv-maxrate videoformat weightb weightp
    zonefile!reads zones
x265: allow-non-conformance amp analysis-load!reads analysis-load-reuse-level!reads analysis-reuse-file!writes
    analysis-reuse-level!unchecked analysis-reuse-mode!writes analysis-save!writes analysis-save-reuse-level!writes
    annexb aom-film-grain!reads aq-mode aq-motion aq-strength asm!unchecked atc-sei aud b-adapt b-intra b-pyramid
    bframe-bias bframes bitrate cbqpoffs chromaloc chunk-end chunk-start cll colormatrix colorprim const-vbv
    constrained-intra copy-pic cplxblur crf crf-max crf-min crqpoffs csv!writes csv-log-level!writes ctu cu-lossless
    cu-stats cutree deblock dhdr10-info!reads dhdr10-opt display-window dolby-vision-profile dolby-vision-rpu!reads
    dup-threshold dynamic-rd dynamic-refine early-skip fades fast-intra field film-grain!reads force-flush frame-dup
    frame-rc frame-threads=0..64 gop-lookahead hash hdr hdr10 hdr10-opt hevc-aq high-tier hist-scenecut hme hme-range
    hme-search hrd hrd-concat idr-recovery-sei info interlace intra-refresh ipratio keyint lambda-file!reads level
    level-idc limit-modes limit-refs limit-sao limit-tu log log-file!writes log-level lookahead-slices
    lookahead-threads=0..64 lossless lowpass-dct master-display=mastering max-ausize-factor max-cll=light max-luma
    max-merge max-tu-size max-vbv-fullness mcstf me merange min-cu-size min-keyint min-luma min-vbv-fullness
    multi-pass-opt-analysis!passes multi-pass-opt-distortion!passes multi-pass-opt-rps!passes nalu-file!reads
    naluFile!reads nr-inter nr-intra numa-pools=0..64 open-gop opt-cu-delta-qp opt-qp-pps opt-ref-list-length-pps
    overscan pass!passes pbratio pme pmode pools=0..64 psnr psy-rd psy-rdoq qblur qcomp qg-size qp qp-adaptation-range
    qpfile!reads qpmax qpmin qpstep radl range rc-grain rc-lookahead rd rd-refine rdoq rdoq-level rdpenalty
    recon!writes recon-depth!writes recon-y4m-exec!runs rect ref refine-analysis-type!unchecked
    refine-ctu-distortion!unchecked refine-inter refine-intra refine-mv repeat-headers rskip rskip-edge-threshold sao
    sao-non-deblock sar sbrc scale-factor!unchecked scaling-list!reads scenecut scenecut-aware-qp scenecut-bias
    scenecut-qp-config!reads selective-sao signhide single-sei slices slow-firstpass splitrd-skip ssim ssim-rd
    stats!writes strict-cbr strong-intra-smoothing subme     temporal-layers temporal-mvp threaded-me transfer tskip
    tskip-fast tu-inter-depth tu-intra-depth uhd-bd vbv-bufsize vbv-end vbv-end-fr-adj vbv-init
    vbv-live-multi-pass!passes vbv-maxrate video-signal-type-preset videoformat vui-hrd-info vui-timing-info weightb
    weightp wpp zonefile!reads zonefile-rc-init!reads zones
svtav1: ac-bias adaptive-film-grain alt-lambda-factors alt-ssim-tuning aq-mode avif bias-pct buf-initial-sz
    buf-optimal-sz buf-sz chroma-qm-max chroma-qm-min chroma-sample-position chroma-u-ac-qindex-offset
    chroma-u-dc-qindex-offset chroma-v-ac-qindex-offset chroma-v-dc-qindex-offset color-format color-help!unchecked
    color-primaries color-range complex-hvs content-light=light crf enable-cdef enable-dg enable-dlf
    enable-force-key-frames enable-hdr enable-intrabc enable-mfmv enable-overlays enable-qm enable-restoration
    enable-stat-report!unchecked enable-tf enable-tpl-la enable-variance-boost errlog!writes fast-decode
    fgs-table!reads film-grain film-grain-denoise force-key-frames forced-max-frame-height forced-max-frame-width
    gop-constraint-rc hbd-mds hierarchical-levels input-depth irefresh-type keyint level lookahead lossless lp=0..64
    luminance-qp-bias mastering-display=mastering matrix-coefficients max-qp max-section-pct max-tx-size mbr
    mbr-overshoot-pct min-qp min-section-pct noise-norm-strength overshoot-pct pass!passes passes!passes pin
    pred-struct preset profile psy-rd qm-max qm-min qp qp-file!reads qp-scale-compress-strength rc recode-loop
    recon!writes resize-denom resize-kf-denom resize-mode roi-map-file!reads rtc scd scm sframe-dist sframe-mode
    sframe-posi!unchecked sharp-tx sharpness sparse-levels spy-rd startup-mg-size startup-qp-offset stat-file!writes
    stats!writes superres-denom superres-kf-denom superres-kf-qthres superres-mode superres-qthres tbr tf-strength
    tier tile-columns tile-rows transfer-characteristics tune tx-bias undershoot-pct unrestricted-motion-vector
    use-fixed-qindex-offsets use-q-file!reads variance-boost-curve variance-boost-strength variance-octile
aom: aq-mode arnr-maxframes arnr-strength auto-alt-ref cdf-update-mode     coeff-cost-upd-freq color-primaries
    cpu-used cq-level deltaq-mode deltaq-strength denoise-block-size denoise-noise-level disable-trellis-quant
    enable-1to4-partitions enable-ab-partitions enable-adaptive-sharpness enable-angle-delta enable-cdef
    enable-cfl-intra enable-chroma-deltaq enable-diagonal-intra enable-diff-wtd-comp enable-directional-intra
    enable-dist-wtd-comp enable-dnl-denoising enable-dual-filter enable-filter-intra enable-flip-idtx
    enable-global-motion enable-interinter-wedge enable-interintra-comp enable-interintra-wedge
    enable-intra-edge-filter enable-intrabc enable-keyframe-filtering enable-masked-comp enable-obmc
    enable-onesided-comp enable-order-hint enable-overlay enable-paeth-intra enable-palette enable-qm
    enable-rect-partitions enable-rect-tx enable-ref-frame-mvs enable-restoration enable-smooth-interintra
    enable-smooth-intra enable-tpl-model enable-tx64 enable-warped-motion error-resilient film-grain-table!reads
    film-grain-test fpf!writes frame-parallel gf-cbr-boost gf-max-pyr-height gf-min-pyr-height kf-max-pyr-height
    loopfilter-control lossless matrix-coefficients max-gf-interval max-intra-rate max-partition-size
    max-reference-frames min-cr min-gf-interval min-partition-size mode-cost-upd-freq
    motion-vector-unit-test!unchecked mtu-size mv-cost-upd-freq noise-sensitivity     partition-info-path!writes
    pass!passes passes!passes qm-max qm-min quant-b-adapt rate-distribution-info!reads reduced-reference-set
    reduced-tx-type-set row-mt sb-size set-tier-mask sframe-mode sharpness static-thresh target-seq-level-idx
    tile-columns tile-rows transfer-characteristics tune tune-content use-inter-dct-only use-intra-dct-only
    use-intra-default-tx-only vmaf-model-path!reads
vvenc: bitrate decodingrefreshtype fga hdr ifp internalbitdepth intraperiod level lookahead maxparallelframes=0..64
    mctf pass!passes passes!passes qp qpa rcstatsfile!writes refreshsec sdr threads=0..64 tier tiles wpp
kvazaar: amp aud bipred bitrate chromaloc colormatrix colorprim cqmfile!reads cu-split-termination deblock
    debug!writes force-level full-intra-search gop hash high-tier info level lossless me-early-termination mv-rdo
    open-gop overscan owf period preset psnr pu-depth-inter pu-depth-intra qp range rc-algorithm rd rdoq ref roi!reads
    sao sar scaling-list!reads signhide slices smp subme threads=0..64 tiles tmvp tr-skip transfer transform-skip vaq
    videoformat wpp
rav1e: bitrate content-light=light enable-timing-info error-resilient height!decided keyint level-idx low-latency
    mastering-display=mastering matrix min-keyint min-quantizer photon-noise primaries quantizer range
    rdo-lookahead-frames reservoir-frame-delay speed still-picture switch-frame-interval threads=0..64 tile-cols
    tile-rows tiles transfer tune width!decided
"""

SEPARATORS = {"kvazaar": ","}
"""Between two parameters; a colon for any other."""
