// Package qr turns text into pictures of QR codes and pictures into text.
//
// Every code is read again before it is returned: what is shown or printed is known to be readable. Pictures come from strangers'
// phones and drives, so that reading bounds the size of the file, the number of pixels (before they are decoded) and the work of
// the search for a code. What the text means is not known here; [Describe] only guesses at codes that are not ours.
package qr
