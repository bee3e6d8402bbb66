package main

import (
	"errors"
	"fmt"
	"strings"

	"marque/app/terminal"
	"marque/app/usb"
	"marque/device"
	"marque/device/wire"
)

var errRegionsAlone = errors.New("regions are applied with the list that they belong to, and one list at a time; name its list-N-regions.mqg once, and its regions")

// span is a range of serials as JSON shows it.
type span struct {
	From  uint64 `json:"from"`
	Below uint64 `json:"below"`
}

func spansOf(held []device.Span) []span {
	out := []span{}
	for _, s := range held {
		out = append(out, span{s.From, s.End})
	}
	return out
}

// regionsIn reads a list in regions from files, and says false if none of them is a part of one: then they are something else.
func regionsIn(paths []string) (list []byte, regions [][]byte, is bool, err error) {
	lists := 0
	for _, path := range paths {
		b, err := terminal.Read(nil, path, wire.MaxBundle)
		if err != nil {
			return nil, nil, false, nil //nolint:nilerr // a folder, or too long: whoever reads full lists and pictures says so
		}
		found := wire.Sniff(b)
		is = is || found == wire.FoundRegions || found == wire.FoundRegion
		if found == wire.FoundRegions {
			list = b
			lists++
		} else {
			regions = append(regions, b)
		}
	}
	if is && lists != 1 {
		err = errRegionsAlone
	}
	return list, regions, is, err
}

// applyRegionsOf takes the list in regions with the highest number in its name into force, with all its regions that are there.
func applyRegionsOf(d *device.Device, files []usb.File) (b beside) {
	newest := uint32(0)
	var list []byte
	for _, f := range files {
		name, is := strings.CutSuffix(f.Name, "-regions.mqg")
		if n := numberOf(name + ".mql"); is && n > newest && wire.Sniff(f.Content) == wire.FoundRegions {
			newest, list, b.file = n, f.Content, f.Name+" on the stick"
		}
	}
	if newest == 0 {
		return beside{}
	}
	var regions [][]byte
	for _, f := range files {
		if strings.HasPrefix(f.Name, fmt.Sprintf("list-%d-region-", newest)) && wire.Sniff(f.Content) == wire.FoundRegion {
			regions = append(regions, f.Content)
		}
	}
	b.applied, b.err = d.ApplyRegions(list, regions...)
	return b
}

// heldText says which serials a list answers for, if it does not for all below n; else nothing.
func heldText(held []device.Span, n uint64) string {
	if len(held) == 1 && held[0] == (device.Span{From: 0, End: n}) || n == 0 {
		return ""
	}
	var parts []string
	for i, s := range held {
		if i == 8 {
			parts = append(parts, fmt.Sprintf("and %d more ranges", len(held)-i))
			break
		}
		parts = append(parts, fmt.Sprintf("%d to %d", s.From, s.End-1))
	}
	return "held for serials " + strings.Join(parts, ", ") + " only: all others below " + fmt.Sprint(n) + " are unknown, and refused\n"
}
