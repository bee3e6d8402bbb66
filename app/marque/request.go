package main

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"marque/app/qr"
	"marque/app/terminal"
	"marque/device/wire"
)

var (
	errForeignCode = errors.New("the QR code is no enrolment request")
	errForeignFile = errors.New("the file is no enrolment request")
)

const whatInstead = "name the picture of the code that `marque-vehicle new` made, or its .mqr file"

// readRequest reads an enrolment request from a picture of its QR code or from an .mqr file, whatever the file's name is.
func readRequest(file string) ([]byte, error) {
	b, err := terminal.Read(nil, file, qr.MaxFile)
	if err != nil {
		return nil, err
	}
	return requestIn(b)
}

// requestIn returns the request that a file's content holds, or that a picture shows.
func requestIn(b []byte) ([]byte, error) {
	switch found := wire.Sniff(b); {
	case found == wire.FoundRequest:
		_, err := wire.ParseRequest(b)
		return b, err
	case found == wire.FoundRequestText:
		return wire.ParseRequestText(strings.TrimSpace(string(b)))
	case found != wire.FoundUnknown:
		return nil, fmt.Errorf("%w but a %s; %s", errForeignFile, found, whatInstead)
	case !picture(b):
		return nil, fmt.Errorf("%w; %s", errForeignFile, whatInstead)
	}
	text, err := qr.DecodeData(b)
	if err != nil {
		return nil, err
	}
	if wire.Sniff([]byte(text)) != wire.FoundRequestText {
		return nil, fmt.Errorf("%w; it seems to be %s; %s", errForeignCode, qr.Describe(text), whatInstead)
	}
	return wire.ParseRequestText(text)
}

// picture says whether b begins like a PNG or a JPEG.
func picture(b []byte) bool {
	return bytes.HasPrefix(b, []byte("\x89PNG")) || bytes.HasPrefix(b, []byte("\xff\xd8"))
}
