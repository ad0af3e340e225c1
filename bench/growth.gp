# SPDX-License-Identifier: MIT
# gnuplot -e "data='FILE'; format='svg'; to='FILE'" growth.gp
load data
if (panels < 1) exit
columns = panels > 1 ? 2 : 1
width = columns * 560
height = 50 + rows * 330
if (format eq "svg") {
	set terminal svg noenhanced size width,height font "sans,12" background "#ffffff"
} else {
	set terminal pngcairo noenhanced size width,height font "sans,9" background "#ffffff"
}
set output to
set multiplot layout rows, columns title heading font ",14"
set logscale xy
set format x "%.0f"
set format y "%g"
set xlabel noun
set grid lc rgb "#dddddd"
set key outside right top font ",8" spacing 0.9
load panel_file
unset multiplot
