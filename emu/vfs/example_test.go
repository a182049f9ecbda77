package vfs_test

import (
	"fmt"
	"os"

	"patchlab/emu/vfs"
)

func Example() {
	fs, err := vfs.New(vfs.Config{Stdout: os.Stdout})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer fs.Close()
	p, _ := fs.NewProc(1, "/bin/prog")

	fd, _ := p.Openat(vfs.AT_FDCWD, "/greeting", vfs.O_CREAT|vfs.O_RDWR, 0o644)
	p.Write(fd, []byte("hello\n"))
	var before vfs.Snapshot
	fs.Save(&before)
	p.Pwrite(fd, []byte("H"), 0)

	show := func() {
		b := make([]byte, 100)
		n, _ := p.Pread(fd, b, 0)
		p.Write(1, b[:n])
	}
	show()
	fs.Restore(&before)
	show()

	r, w, _ := p.Pipe2(0)
	_, errno := p.Read(r, make([]byte, 1))
	fmt.Println(errno)
	sleepsOn, _ := p.Channel(r)
	fs.Woken() // nobody sleeps yet
	p.Write(w, []byte("x"))
	fmt.Println(fs.Woken()[0] == sleepsOn)

	_, errno = p.Openat(vfs.AT_FDCWD, "/etc/shadow", vfs.O_RDONLY, 0)
	fmt.Println(errno)
	// Output:
	// Hello
	// hello
	// would block
	// true
	// ENOENT
}
