package main

import (
	"errors"
	"fmt"

	"marque/app/flow"
	"marque/app/qr"
	"marque/app/qr/camera"
)

// openCamera implements flow.CameraOpener for the first camera of this machine.
func openCamera() (qr.FrameSource, error) {
	c, err := camera.Open("")
	switch {
	case errors.Is(err, camera.ErrBusy):
		return nil, fmt.Errorf("%w: %w", flow.ErrCameraBusy, err)
	case errors.Is(err, camera.ErrNoRight):
		return nil, fmt.Errorf("%w: %w", flow.ErrCameraRight, err)
	case err != nil:
		return nil, fmt.Errorf("%w: %w", flow.ErrNoCamera, err)
	}
	return c, nil
}
