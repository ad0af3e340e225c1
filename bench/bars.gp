# SPDX-License-Identifier: MIT
# gnuplot -e "data='FILE'; format='svg'; to='FILE'" bars.gp
load data
if (rows < 1) exit
height = 90 + 17 * rows
if (format eq "svg") {
	set terminal svg noenhanced size 900,height font "sans,12" background "#ffffff"
} else {
	set terminal pngcairo noenhanced size 900,height font "sans,9" background "#ffffff"
}
set output to
set title heading
set lmargin 42
set rmargin 7
set logscale x
set xrange [low * 0.8 < 0.5 ? low * 0.8 : 0.5 : high * 1.6 > 2 ? high * 1.6 : 2]
set yrange [rows + 0.9 : 0.1]
set xlabel "ratio, logarithmic; right of 1: costs more"
set format x "%g"
set xtics add (0.5, 1, 2, 5)
set ytics scale 0
set grid xtics lc rgb "#dddddd"
set arrow 1 from 1, graph 0 to 1, graph 1 nohead lw 1.5 lc rgb "#000000" front
unset key
set style fill solid 0.9 noborder
plot $bars using 2:1:(1):2:($1 - 0.38):($1 + 0.38):3:ytic(4) \
	with boxxyerror lc rgb variable, \
	$bars using ($2 > 1 ? $2 : 1):1:5 \
	with labels left offset 0.4, 0 font ",8"
