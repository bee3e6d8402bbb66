// Package camera is a camera at the machine as a source of frames for package qr: Video4Linux through blackjack/webcam, without cgo.
//
// What lives here: the device, and what its octets are as a picture ([MJPEG], [YUYV]). What may not: what the pictures show.
package camera

import "errors"

// The errors of cameras, to be told apart with errors.Is.
var (
	// ErrNone says that there is no camera, or that it was pulled.
	ErrNone = errors.New("camera: there is no camera here; plug one in, or scan with a hand scanner or from a file")
	// ErrBusy says that another program uses the camera.
	ErrBusy = errors.New("camera: another program uses the camera; close it and try again")
	// ErrNoRight says that this user may not use the camera.
	ErrNoRight = errors.New("camera: this user may not use the camera; add the user to the group video and log in again")
	// ErrFormat says that a camera sends pictures in no form that is read here, or a picture that is not whole.
	ErrFormat = errors.New("camera: this camera sends no pictures that are understood here (MJPEG or YUYV); take another camera")
)

const (
	wantedWidth, wantedHeight = 1280, 720
	maxWidth, maxHeight       = 4096, 2304
	maxFrame                  = 2 * maxWidth * maxHeight // octets
	buffers                   = 4                        // frames between the driver and here
	maxCameras                = 64                       // that are listed
	patience                  = 10                       // seconds without a frame after which a camera is called gone
)
