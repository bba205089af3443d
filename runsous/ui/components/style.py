"""The few rules of style the app adds to Streamlit's own."""

from __future__ import annotations

import streamlit as st

_PAGE = """
[data-testid="stMainBlockContainer"]{padding-top:4.6rem;padding-bottom:3rem;max-width:82rem}
[data-testid="stApp"] a:focus-visible{outline:3px solid #0A84C6;outline-offset:2px}
.rs-quiet{font-size:.85rem;line-height:1.5;opacity:.7;overflow-wrap:anywhere}
.rs-figures{display:flex;flex-wrap:wrap;gap:.35rem 2rem;margin:.1rem 0 .4rem}
.rs-figures div{min-width:4.5rem}
.rs-figures b{display:block;font-size:1.35rem;font-weight:600;line-height:1.25;
 font-variant-numeric:tabular-nums;white-space:nowrap}
.rs-figures span{font-size:.82rem;opacity:.7}
@media (max-width:640px){.rs-figures{gap:.6rem 1.2rem}.rs-figures div{min-width:6rem}}
[class*="st-key-nothing"]{padding-top:2.2rem;padding-bottom:2.2rem}
[class*="st-key-nothing"] p>[role="img"]{font-size:2.2rem;opacity:.6;margin-bottom:.6rem}
a.rs-button{display:inline-block;padding:.35rem 1rem;border-radius:2rem;text-decoration:none;
 color:inherit;border:1px solid color-mix(in srgb,currentColor 22%,transparent)}
a.rs-button:hover{border-color:color-mix(in srgb,currentColor 60%,transparent)}
.rs-picture{display:block;width:100%;max-width:26rem;margin:auto}
.rs-strips{display:grid;grid-template-columns:auto minmax(0,1fr);gap:.45rem .8rem;
 align-items:center;font-size:.85rem;font-variant-numeric:tabular-nums}
.rs-strips span{opacity:.7;white-space:nowrap}
.rs-strip{display:flex;height:1.5rem;border-radius:.4rem;overflow:hidden;
 background:color-mix(in srgb,currentColor 9%,transparent)}
.rs-strip i{display:block;height:100%;box-shadow:inset -1px 0 #fff9}
.rs-chosen{font-size:1.05rem;overflow-wrap:anywhere}
.rs-chosen img{width:1.4rem;height:1.4rem;vertical-align:-.3rem;margin-left:-.2rem}
.st-key-chosen{justify-content:flex-end}
@media (min-width:641px){.st-key-chosen{min-height:7rem}}
.st-key-chosen .rs-figures{gap:.35rem 1.4rem}
.st-key-chosen .rs-figures div{min-width:3.5rem}
.st-key-chosen .rs-figures b{font-size:1.05rem}
.st-key-back a{padding-left:0;margin-left:0}
.st-key-back{margin-bottom:-1.2rem}
"""

_PHONE = """
@media (max-width:640px){
.st-key-filters [data-testid="stColumn"]{min-width:calc(50% - .5rem);flex:1 1 40%}
.st-key-filters [data-testid="stColumn"]:first-child{min-width:100%}
.st-key-filters [data-testid="stColumn"]:nth-child(3){min-width:100%;order:1}
.st-key-pager [data-testid="stColumn"]{min-width:0;flex:1 1 0}
[data-testid="stDataFrame"]>[data-testid="stElementToolbar"]{display:none}
}
"""

_CARDS = """
[class*="st-key-card-"]{position:relative;height:100%;transition:border-color .15s}
[class*="st-key-card-"]:hover{border-color:color-mix(in srgb,currentColor 45%,transparent)}
[class*="st-key-card-"] a{padding:0;margin:0;background:none}
[class*="st-key-card-"] a::after{content:"";position:absolute;inset:0;cursor:pointer}
[class*="st-key-card-"] :is(a,[data-testid="stElementContainer"]){position:static}
[class*="st-key-card-"] a :is(span,div,p){white-space:normal;overflow:visible}
.rs-icon{font:400 2.6rem/1 "Material Symbols Rounded";opacity:.4}
.rs-route{height:84px;display:flex;align-items:center;justify-content:center}
.rs-route img{max-width:100%;max-height:84px}
.rs-facts span{white-space:nowrap}
.rs-songs{font-size:.85rem;line-height:1.5;overflow:hidden;display:-webkit-box;
 -webkit-line-clamp:2;-webkit-box-orient:vertical;overflow-wrap:anywhere}
.rs-songs span{opacity:.62}
.rs-badge{display:inline-block;font-size:.72rem;padding:0 .5rem;border-radius:1rem;
 border:1px solid color-mix(in srgb,currentColor 35%,transparent);margin-left:.4rem}
"""

_FILES = """
[data-testid="stFileUploaderDropzone"]{min-height:9rem;border:2px dashed
 color-mix(in srgb,currentColor 30%,transparent);flex-direction:column;align-items:center;
 justify-content:center;gap:.6rem}
[data-testid="stFileUploaderDropzone"]::before{content:"Drop workouts and listening histories here";
 font-weight:600;text-align:center}
[data-testid="stFileUploaderDropzone"]>*{margin:0;width:auto;align-self:center;text-align:center}
[data-testid="stFileUploaderDropzoneInstructions"]{justify-content:center}
[data-testid="stFileUploaderDropzoneInstructions"]>*{align-items:center}
.rs-files{max-height:22rem;overflow-y:auto;display:flex;flex-direction:column;gap:.55rem}
.rs-file{display:grid;grid-template-columns:1.2rem minmax(0,1fr) auto;gap:0 .5rem;
 font-size:.9rem;line-height:1.4;overflow-wrap:anywhere}
.rs-file small{font-size:.82rem;opacity:.7;text-align:right}
.rs-file div{grid-column:2/4;font-size:.85rem;opacity:.8}
.rs-file.failed>:first-child{color:#D55E00;font-weight:700}
.rs-file.imported>:first-child{color:#1B9E6B;font-weight:700}
.rs-file i{grid-column:2/4;height:.25rem;border-radius:1rem;margin:.15rem 0;
 background:color-mix(in srgb,currentColor 12%,transparent)}
.rs-file i b{display:block;height:100%;border-radius:inherit;background:#1B9E6B}
"""

_SERVICES = """
[class*="st-key-connect-"] button p{font-weight:650}
.rs-service{display:flex;flex-wrap:wrap;align-items:center;gap:.3rem .7rem}
.rs-service img{width:1.9rem;height:1.9rem}
.rs-service b{font-size:1.3rem;font-weight:650;flex:1}
.rs-standing{font-size:.82rem;padding:.1rem .7rem;border-radius:1rem;white-space:nowrap;
 border:1px solid color-mix(in srgb,currentColor 30%,transparent)}
.rs-standing.ok{border-color:#1B9E6B;background:color-mix(in srgb,#1B9E6B 16%,transparent)}
.rs-standing.busy{border-color:#0072B2;background:color-mix(in srgb,#0072B2 16%,transparent)}
.rs-standing.needs{border-color:#D55E00;background:color-mix(in srgb,#D55E00 16%,transparent)}
.rs-standing.absent{opacity:.7}
:is(.rs-who,.rs-quiet) a{color:inherit;text-underline-offset:.15em}
.rs-going i{display:block;height:.5rem;border-radius:1rem;margin:.45rem 0 .1rem;overflow:hidden;
 background:color-mix(in srgb,currentColor 9%,transparent)}
.rs-going i::after{content:"";display:block;width:22%;height:100%;border-radius:1rem;
 background:#0B7A5E;animation:rs-going 2.4s ease-in-out infinite alternate}
@keyframes rs-going{to{margin-left:78%}}
@media (prefers-reduced-motion:reduce){.rs-going i::after{animation:none}}
a.rs-connect,[class*="st-key-connect-"] button{display:inline-flex;align-items:center;gap:.6rem;
 height:48px;min-height:48px;padding:0 1.3rem;border:0;font-weight:650;text-decoration:none}
a.rs-connect img{height:24px}
a.rs-connect:hover,[class*="st-key-connect-"] button:hover{filter:brightness(.93)}
a.rs-connect.strava{background:#FC4C02;color:#fff;border-radius:.35rem}
a.rs-connect.spotify{background:#1ED760;color:#000;border-radius:2rem}
a.rs-connect.lastfm,.st-key-connect-lastfm button{background:#D51007!important;
 color:#fff!important;border-radius:.35rem}
.st-key-connect-listenbrainz button{background:#353070!important;color:#fff!important;
 border-radius:.35rem;box-shadow:0 0 0 1px #6F69B5}
.rs-brand{font-size:.85rem;display:flex;flex-wrap:wrap;align-items:center;gap:.3rem .5rem}
.rs-brand span{opacity:.8}
.rs-brand a{color:inherit;text-underline-offset:.15em}
.rs-brand img{height:1.05rem;vertical-align:-.2rem}
a.rs-strava{color:#FC5200!important;font-weight:700;text-decoration:underline;white-space:nowrap}
[class*="st-key-card-"] a.rs-strava{position:relative;z-index:1;color:inherit!important;
 font-weight:400}
[class*="st-key-card-"] a.rs-strava::after{content:none}
"""

_SONGS = """
.rs-tempo{display:flex;flex-wrap:wrap;align-items:center;gap:.2rem .9rem;line-height:1.1}
.rs-tempo b{font-size:3.4rem;font-weight:650;font-variant-numeric:tabular-nums}
.rs-tempo span{font-size:1.1rem;opacity:.7;margin-left:-.5rem}
.rs-tempo i{font-style:normal}
[class*="st-key-dispute-"] a{padding-left:0;margin-left:0}
.rs-links{display:flex;flex-wrap:wrap;gap:.3rem 1.1rem;font-size:.9rem}
.rs-links a{color:inherit;text-underline-offset:.15em}
.rs-scroll{overflow-x:auto}
.rs-table{border-collapse:collapse;width:100%;font-size:.9rem;font-variant-numeric:tabular-nums}
.rs-table :is(th,td){padding:.45rem 1rem .45rem 0;text-align:left;vertical-align:top;border:0;
 border-bottom:1px solid color-mix(in srgb,currentColor 14%,transparent)}
.rs-table th{font-weight:500;font-size:.82rem;opacity:.7}
.rs-table td{white-space:nowrap}
.rs-table td:is(.wide){white-space:normal;overflow-wrap:anywhere;min-width:8rem}
.rs-table a{color:inherit;text-underline-offset:.15em}
@media (max-width:640px){
.rs-table thead{display:none}
.rs-table tr{display:flex;flex-wrap:wrap;gap:.1rem 1rem;padding:.6rem 0;
 border-bottom:1px solid color-mix(in srgb,currentColor 14%,transparent)}
.rs-table td{border:0;padding:0}
.rs-table td.wide{flex-basis:100%}
.rs-table td:empty{display:none}
.rs-table td[data-label]::before{content:attr(data-label) " ";opacity:.62}
}
"""

_INSIGHTS = """
.rs-effect b{font-size:1.6rem;font-weight:650;line-height:1.25;margin-right:.7rem}
.rs-effect i{font-style:normal;font-size:.82rem;padding:.1rem .7rem;border-radius:1rem;
 white-space:nowrap;vertical-align:.25rem;
 border:1px solid color-mix(in srgb,currentColor 30%,transparent)}
.rs-effect i.ok{border-color:#1B9E6B;background:color-mix(in srgb,#1B9E6B 16%,transparent)}
.rs-effect div{opacity:.75;margin-top:.2rem}
.rs-strips small{opacity:.7;font-size:.82rem}
"""


def apply() -> None:
    """Adds the rules; once a page."""
    st.html(f"<style>{_PAGE}{_PHONE}{_CARDS}{_FILES}{_SERVICES}{_SONGS}{_INSIGHTS}</style>")
