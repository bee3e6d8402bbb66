package main

import (
	"cmp"
	"errors"
	"math"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"marque/app/carry"
	"marque/app/terminal"
	"marque/app/usb"
	"marque/device"
	"marque/device/wire"
)

var (
	errNoPackage = errors.New("the stick's folder marque/inbox holds no package for this device's request; have the authority write it there")
	errNoList    = errors.New("the stick's folder marque/inbox holds no revocation list; have the authority publish one to it")
)

// maxTried is how many lists of one realm on a stick are tried, the newest by their names first.
const maxTried = 16

// mailbox is the stick of a command, if it has one.
type mailbox struct {
	carry.Flag
}

// or checks that a command has either what its arguments name, or a stick.
func (m *mailbox) or(what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		switch {
		case m.Given && len(args) > 0:
			return errors.New("name " + what + ", or --usb, not both")
		case !m.Given && len(args) == 0:
			return errors.New("name " + what + ", or --usb for a stick")
		}
		return nil
	}
}

// choose returns the stick, for which an interrupt ends the waiting.
func (m *mailbox) choose(cmd *cobra.Command, writing bool) (*carry.Desk, usb.Drive, error) {
	ctx, stop := interruptible(cmd)
	defer stop()
	desk := carry.Here()
	s, err := desk.Choose(ctx, m.Name, writing)
	return desk, s, err
}

// read reads the stick's folder.
func (m *mailbox) read(cmd *cobra.Command) ([]usb.File, error) {
	desk, s, err := m.choose(cmd, false)
	if err != nil {
		return nil, err
	}
	return desk.Collect(s)
}

// packageFor returns the newest package among the files that answers this device's request.
func packageFor(d *device.Device, files []usb.File) ([]byte, error) {
	var newest []byte
	var sequence uint32
	for _, f := range files {
		if wire.Sniff(f.Content) != wire.FoundPackage {
			continue
		}
		offer, err := d.Inspect(f.Content)
		if err != nil || !offer.ForThisRequest {
			continue // another device's
		}
		if newest == nil || offer.Sequence > sequence {
			newest, sequence = f.Content, offer.Sequence
		}
	}
	if newest == nil {
		return nil, errNoPackage
	}
	return newest, nil
}

// listsOf returns the lists of a realm among the files, and the changes that lead to one, the newest first by their names, which prove
// nothing. A list comes before the changes to it, and the change that reaches back the furthest is the last of them.
func listsOf(realm string, files []usb.File) []usb.File {
	lists := slices.DeleteFunc(slices.Clone(files), func(f usb.File) bool { return listedBy(f) != realm })
	slices.SortStableFunc(lists, func(a, b usb.File) int {
		to, from := changeOf(a.Name)
		otherTo, otherFrom := changeOf(b.Name)
		return cmp.Or(cmp.Compare(otherTo, to), cmp.Compare(otherFrom, from))
	})
	return lists[:min(len(lists), maxTried)]
}

// listedBy returns the realm of which a file says that it is a list of it, empty for what is none.
func listedBy(f usb.File) string {
	if wire.Sniff(f.Content) != wire.FoundBundle {
		return ""
	}
	p, err := wire.PeekStatement(f.Content)
	if err != nil {
		return ""
	}
	return p.Realm
}

// changeOf returns N and M of list-N-from-M.mql, N and the largest number of list-N.mql, zeros of any other name.
func changeOf(name string) (to, from uint32) {
	if n := numberOf(name); n > 0 {
		return n, math.MaxUint32
	}
	before, after, found := strings.Cut(name, "-from-")
	to, from = numberOf(before+".mql"), numberOf("list-"+after)
	if !found || to == 0 || from == 0 && after != "0.mql" {
		return 0, 0
	}
	return to, from
}

// applyNewest takes the newest list of the device's own realm among the files into force that it accepts. The error is that of the first.
func applyNewest(d *device.Device, files []usb.File) beside {
	return applyFirst(d, listsOf(d.Status().Realm, files))
}

// applyAbroad does the same for each of the other realms, as far as they are trusted.
func applyAbroad(d *device.Device, files []usb.File) (out []beside) {
	var realms []string
	for _, f := range files {
		if r := listedBy(f); r != "" && r != d.Status().Realm {
			realms = append(realms, r)
		}
	}
	slices.Sort(realms)
	for _, r := range slices.Compact(realms) {
		if b := applyFirst(d, listsOf(r, files)); !errors.Is(b.err, device.ErrUnknownRealm) {
			out = append(out, b)
		}
	}
	return out
}

// applyFirst applies the first of the lists that can be. The error is that of the first.
func applyFirst(d *device.Device, lists []usb.File) (b beside) {
	for _, f := range lists {
		a, err := d.Apply(f.Content)
		if err == nil {
			return beside{file: f.Name + " on the stick", applied: a}
		}
		if b.err == nil {
			b = beside{file: f.Name + " on the stick", err: err}
		}
	}
	return b
}

// deliver writes a request to the stick.
func (*mailbox) deliver(cmd *cobra.Command, s usb.Drive, m made, quiet bool) error {
	request, err := terminal.Read(nil, m.File, wire.MaxRequest)
	if err != nil {
		return err
	}
	ctx, stop := interruptible(cmd)
	defer stop()
	done, err := carry.Here().Deliver(ctx, s, []usb.File{{Name: "request-" + m.Name + ".mqr", Content: request}})
	if err == nil && !quiet {
		carry.Print(cmd.OutOrStdout(), &s, done)
	}
	return err
}
