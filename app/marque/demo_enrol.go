package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"marque/app/qr"
	"marque/app/terminal"
	"marque/app/words"
	"marque/authority"
	"marque/device"
	"marque/device/wire"
)

const demoRealm = "fleet.example"

var (
	errOtherRequest = errors.New("the picture does not show the request that the device made")
	errPin          = errors.New("the package's words are not those of the authority")
)

func (d *demo) path(elements ...string) string {
	return filepath.Join(append([]string{d.dir}, elements...)...)
}

// request makes the three device folders, each with its request as a QR code.
func (d *demo) request() (string, error) {
	for _, p := range d.parties() {
		o := device.Options{Clock: time.Now}
		if p == d.busA {
			tell(&o.Refused, d.turnedAway)
		}
		if p == d.parking {
			o.Learned = func(peer wire.Address, a *device.Applied, err error) { d.learned <- learning{peer, a, err} }
		}
		var err error
		if p.device, err = device.Create(d.path(p.name), device.Wanted{Name: p.name, Kind: p.kind}, o); err != nil {
			return "", err
		}
		request, err := p.device.Request()
		if err != nil {
			return "", err
		}
		picture, err := qr.EncodePNG(wire.RequestText(request))
		if err != nil {
			return "", err
		}
		if err := terminal.WriteNew(d.path(p.name, "request.png"), picture); err != nil {
			return "", err
		}
	}
	return "two vehicles and a parking application each wrote a request.png", nil
}

// enrol reads the pictures, as the depot would, and writes the packages.
func (d *demo) enrol() (string, error) {
	if err := makeFolder(d.path("packages")); err != nil {
		return "", err
	}
	for _, p := range d.parties() {
		var request []byte
		err := d.timed("read the QR code of "+p.name, func() (n int, err error) {
			request, err = readRequest(d.path(p.name, "request.png"))
			return len(request), err
		})
		if err != nil {
			return "", err
		}
		if made, err := p.device.Request(); err != nil || string(made) != string(request) {
			return "", errors.Join(errOtherRequest, err)
		}
		err = d.timed("issue the package of "+p.name, func() (int, error) {
			issued, err := d.authority.Enrol(request)
			if err != nil {
				return 0, err
			}
			p.address = issued.Address
			return len(issued.Package), terminal.WriteNew(d.packageOf(p), issued.Package)
		})
		if err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("from their QR codes they became %s, %s and %s", d.busA.address, d.busB.address, d.parking.address), nil
}

func (d *demo) packageOf(p *party) string {
	return d.path("packages", fmt.Sprintf("%s~%d.mqp", p.name, p.address.Serial()))
}

// install compares the words and installs.
func (d *demo) install() (string, error) {
	for _, p := range d.parties() {
		pkg, err := terminal.Read(nil, d.packageOf(p), wire.MaxPackage)
		if err != nil {
			return "", err
		}
		offer, err := p.device.Inspect(pkg)
		if err != nil {
			return "", err
		}
		if !words.Match(d.words, offer.CoreHash[:]) {
			return "", errPin
		}
		err = d.timed("install the package of "+p.name, func() (int, error) {
			_, err := p.device.Install(pkg, offer.CoreHash)
			return len(pkg), err
		})
		if err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("each device compared the eight words, checked every one of its %d keys, and installed them", authority.Epochs), nil
}
