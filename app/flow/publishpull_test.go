package flow_test

import (
	"os"
	"path/filepath"
	"testing"

	"marque/app/flow"
	"marque/app/usb"
	"marque/app/usb/usbtest"
)

// A stick is pulled before each step of a write, put back, and asked: what is told of it is what it holds, and writing on mends it.
func TestStickPulledAtAnyStep(t *testing.T) {
	if !usbtest.Real() {
		t.Log("a folder cannot be pulled: see TestStickPulled")
		return
	}
	w, p := publishing(t)
	at, image := t.TempDir(), filepath.Join(t.TempDir(), "image")
	t.Cleanup(func() { _ = usbtest.Remove(at) })
	told := map[string]int{}
	for step := 1; ; step++ {
		must(t, usbtest.Format(image, 2<<10))
		must(t, usbtest.Insert(image, at))
		w.port.insert("Ultra", at)
		w.until("what the stick holds", looked(p))
		p.Write()
		w.until("the list before", func() bool { return p.Step == flow.PublishWritten })
		before := p.Proof.Sequence
		p.Done()

		w.port.pullBefore = step
		p.Sign()
		w.until("the pull, or the end", func() bool { return p.Step == flow.PublishPulled || p.Step == flow.PublishWritten })
		w.port.pullBefore = 0
		if p.Step == flow.PublishWritten {
			break
		}
		must(t, usbtest.Remove(at))
		w.port.pull()
		must(t, usbtest.Insert(image, at))
		w.port.insert("Ultra", at)
		w.until("the stick again", func() bool { return p.Step != flow.PublishPulled })
		list, err := os.ReadFile(filepath.Join(at, usb.InboxFolder, flow.ListFile(before+1)))
		switch held := p.Destination().Held; {
		case p.Step == flow.PublishWritten:
			told["all"]++
		case held == before+1 && err == nil && len(list) > 0:
			told["half"]++
		case held == before && os.IsNotExist(err):
			told["before"]++
		default:
			t.Errorf("pulled before step %d: told of list %d, while list %d has %d octets, %v", step, held, before+1, len(list), err)
		}
		p.Write()
		w.until("the list", func() bool { return p.Step == flow.PublishWritten })
		checkStick(t, w, at, before+1)
		p.Done()
		w.port.pull()
		must(t, usbtest.Remove(at))
	}
	t.Log("told", told)
	if told["before"] == 0 || told["all"] == 0 {
		t.Error("not all ends were tried")
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
