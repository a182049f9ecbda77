package image_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"patchlab/image"
)

// A program of two functions, and a module that calls one of them.
func Example() {
	dir, err := os.MkdirTemp("", "image")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	build := func(name, source string, args ...string) []byte {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file+".s", []byte(source), 0o666); err != nil {
			fmt.Println(err)
		}
		if out, err := exec.Command("gcc", append(args, "-nostdlib", "-o", file, file+".s")...).CombinedOutput(); err != nil {
			fmt.Printf("%v: %s", err, out)
		}
		b, err := os.ReadFile(file)
		if err != nil {
			fmt.Println(err)
		}
		return b
	}

	program := build("program", ".globl _start\n_start: call f\n.type f, @function\nf: ret\n", "-static", "-no-pie")
	img, err := image.Parse("program", program)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range img.Functions {
		fmt.Printf("%s %s % x\n", f.Range, f.Name, f.Code)
	}

	obj, err := image.ParseObject("module", build("module", "g: call f\n", "-c"))
	if err != nil {
		fmt.Println(err)
		return
	}
	mod, err := obj.Link(image.ModuleArea.Start, img)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range mod.Functions {
		fmt.Printf("%s %s % x\n", f.Range, f.Name, f.Code)
	}
	// Output:
	// [0x401000, 0x401005) _start e8 00 00 00 00
	// [0x401005, 0x401006) f c3
	// [0x10000000, 0x10000005) g e8 00 10 40 f0
}
