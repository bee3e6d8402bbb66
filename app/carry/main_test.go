package carry_test

import (
	"os"
	"testing"

	"marque/app/usb/usbtest"
)

func TestMain(m *testing.M) { os.Exit(usbtest.Run(m.Run)) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
