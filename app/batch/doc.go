// Package batch reads many enrolment requests at once, from a table, a folder or a depot's batch, shows what would become of each before
// anything is written, has them granted, and reports. It knows neither screen nor terminal nor socket: who reviews and who grants, its
// caller says. It writes no files.
package batch
