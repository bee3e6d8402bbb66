package flow_test

import (
	"os"
	"testing"

	"marque/app/usb/usbtest"
)

func TestMain(m *testing.M) { os.Exit(usbtest.Run(m.Run)) }
