package kb

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	_ "image/gif"  // for DecodeConfig
	_ "image/jpeg" // for DecodeConfig
	_ "image/png"  // for DecodeConfig
	"strings"
	"unicode/utf8"
)

// Bounds of an image that is shown: a few kilobytes can unpack to gigabytes in a visitor's browser.
const (
	maxImageSide   = 12_000
	maxImagePixels = 50_000_000
)

// octets is what is kept but never shown: browsers only save it.
const octets = "application/octet-stream"

func inlineType(mediaType string) bool {
	switch mediaType {
	case "image/png", "image/jpeg", "image/gif", "image/webp":
		return true
	}
	return false
}

// sniff finds what a file is from its content. Only images that a browser shows
// without running anything are shown; pages, SVG and whatever could be read as one of
// them too are kept as octets, programs are not kept.
func sniff(raw []byte) (mediaType string, width, height int, err error) {
	for _, magic := range []string{"MZ", "\x7fELF", "\xcf\xfa\xed\xfe", "\xfe\xed\xfa\xcf", "\xca\xfe\xba\xbe", "#!"} {
		if bytes.HasPrefix(raw, []byte(magic)) {
			return "", 0, 0, fmt.Errorf("programs are not kept: %w", ErrFileType)
		}
	}
	if kind, w, h, ok := imageSize(raw); ok {
		switch {
		case w <= 0 || h <= 0 || w > maxImageSide || h > maxImageSide || w*h > maxImagePixels:
			return "", 0, 0, fmt.Errorf("the image has %d × %d pixels: make it smaller than %d on each side: %w", w, h, maxImageSide, ErrFileType)
		case twoFaced(raw):
			return octets, 0, 0, nil
		}
		return kind, w, h, nil
	}
	switch {
	case bytes.HasPrefix(raw, []byte("%PDF-")):
		return "application/pdf", 0, 0, nil
	case bytes.HasPrefix(raw, []byte("PK\x03\x04")):
		return zipType(raw), 0, 0, nil
	case twoFaced(raw):
		return octets, 0, 0, nil
	case utf8.Valid(raw) && !bytes.ContainsRune(raw, 0):
		return "text/plain; charset=utf-8", 0, 0, nil
	}
	return octets, 0, 0, nil
}

// imageSize reads the size from the header of an image of the four kinds.
func imageSize(raw []byte) (mediaType string, width, height int, ok bool) {
	if w, h, ok := webpSize(raw); ok {
		return "image/webp", w, h, true
	}
	cfg, kind, err := image.DecodeConfig(bytes.NewReader(raw))
	if err != nil {
		return "", 0, 0, false
	}
	return "image/" + kind, cfg.Width, cfg.Height, true
}

// webpSize reads WebP's container (RFC 9649, section 2).
func webpSize(raw []byte) (width, height int, ok bool) {
	if len(raw) < 30 || string(raw[:4]) != "RIFF" || string(raw[8:12]) != "WEBP" {
		return 0, 0, false
	}
	switch body := raw[20:]; string(raw[12:16]) {
	case "VP8 ":
		if body[3] != 0x9d || body[4] != 0x01 || body[5] != 0x2a {
			return 0, 0, false
		}
		return int(binary.LittleEndian.Uint16(body[6:]) & 0x3fff), int(binary.LittleEndian.Uint16(body[8:]) & 0x3fff), true
	case "VP8L":
		if body[0] != 0x2f {
			return 0, 0, false
		}
		bits := binary.LittleEndian.Uint32(body[1:])
		return int(bits&0x3fff) + 1, int(bits>>14&0x3fff) + 1, true
	case "VP8X":
		return 1 + (int(body[4]) | int(body[5])<<8 | int(body[6])<<16), 1 + (int(body[7]) | int(body[8])<<8 | int(body[9])<<16), true
	}
	return 0, 0, false
}

// twoFaced says that a file could be taken for a page or a document as well.
func twoFaced(raw []byte) bool {
	lower := bytes.ToLower(raw)
	for _, mark := range []string{"<script", "<html", "<svg", "<!doctype", "<iframe", "<body", "<?php", "%pdf-"} {
		if bytes.Contains(lower, []byte(mark)) {
			return true
		}
	}
	return false
}

// zipType tells Office's files from other zips.
func zipType(raw []byte) string {
	archive, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return octets
	}
	const office = "application/vnd.openxmlformats-officedocument."
	for _, f := range archive.File {
		switch {
		case strings.HasPrefix(f.Name, "word/"):
			return office + "wordprocessingml.document"
		case strings.HasPrefix(f.Name, "xl/"):
			return office + "spreadsheetml.sheet"
		case strings.HasPrefix(f.Name, "ppt/"):
			return office + "presentationml.presentation"
		}
	}
	return "application/zip"
}
