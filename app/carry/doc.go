// Package carry is what the command-line programs share in crossing the air gap: choosing a stick, writing to it and reading from it, and
// files as codes on a screen and back.
//
// What lives here: [Desk], which talks to the person about sticks; [Payload], a file of ours that codes can carry; [Codes], which shows
// one; [Join], which puts one together. What may not: what a payload means, and commands, which are the programs'.
package carry
