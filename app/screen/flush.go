package screen

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// flush is a border layout without gaps. Any part but the middle may be nil.
type flush struct{ top, bottom, left, right, middle fyne.CanvasObject }

func (f flush) container() *fyne.Container {
	var objects []fyne.CanvasObject
	for _, o := range []fyne.CanvasObject{f.middle, f.top, f.bottom, f.left, f.right} {
		if o != nil {
			objects = append(objects, o)
		}
	}
	return container.New(f, objects...)
}

func least(o fyne.CanvasObject) fyne.Size {
	if o == nil {
		return fyne.Size{}
	}
	return o.MinSize()
}

// MinSize implements fyne.Layout.
func (f flush) MinSize([]fyne.CanvasObject) fyne.Size {
	t, b, l, r, m := least(f.top), least(f.bottom), least(f.left), least(f.right), least(f.middle)
	return fyne.NewSize(
		max(t.Width, b.Width, l.Width+m.Width+r.Width),
		t.Height+b.Height+max(l.Height, r.Height, m.Height))
}

// Layout implements fyne.Layout.
func (f flush) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	t, b, l, r := least(f.top).Height, least(f.bottom).Height, least(f.left).Width, least(f.right).Width
	high, wide := size.Height-t-b, size.Width-l-r
	place(f.top, 0, 0, size.Width, t)
	place(f.bottom, 0, size.Height-b, size.Width, b)
	place(f.left, 0, t, l, high)
	place(f.right, size.Width-r, t, r, high)
	place(f.middle, l, t, wide, high)
}

func place(o fyne.CanvasObject, x, y, width, height float32) {
	if o != nil {
		o.Move(fyne.NewPos(x, y))
		o.Resize(fyne.NewSize(width, height))
	}
}
