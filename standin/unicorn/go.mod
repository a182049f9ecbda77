module github.com/unicorn-engine/unicorn

go 1.25.0
