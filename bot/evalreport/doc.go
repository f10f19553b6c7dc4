// Package evalreport shows what an evaluation gave: one HTML file for a single
// run, and for the standard sets the figures as JSON, as Markdown beside the
// study's and the published ones, and as an HTML overview. Curves are SVG drawn
// here; the pages hold no script and load nothing.
//
// Visitors' texts are hostile: they reach a page through html/template only. The
// package starts no goroutine and opens no file.
package evalreport
