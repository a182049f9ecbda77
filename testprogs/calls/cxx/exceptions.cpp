/*
 * Exceptions through frames with destructors, from libraries, across threads, and that
 * nobody catches.
 */
#include <cstdio>
#include <exception>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <typeinfo>
#include <vector>

static int alive;

struct Guard {
	int number;
	explicit Guard(int n) : number(n) { alive++; }
	Guard(const Guard &) = delete;
	~Guard() { alive--; std::printf("~%d ", number); }
};

struct Error : std::runtime_error {
	int code;
	Error(int c, const std::string &s) : std::runtime_error(s), code(c) {}
};

struct Base { virtual ~Base() = default; virtual int kind() const { return 1; } };
struct Derived : Base { int kind() const override { return 2; } };
struct Other : Base {};

static int dive(int depth)
{
	Guard g(depth);
	if (depth == 0)
		throw Error(7, "the bottom");
	return dive(depth - 1) + 1;
}

static void rethrow(int depth)
{
	try {
		dive(depth);
	} catch (const std::exception &e) {
		Guard g(100);
		std::throw_with_nested(std::logic_error(std::string("around ") + e.what()));
	}
}

template <typename F> static void caught(const char *what, F f)
{
	try {
		f();
		std::printf("%s: nothing\n", what);
	} catch (const Error &e) {
		std::printf("%s: error %d, %s, %d alive\n", what, e.code, e.what(), alive);
	} catch (const std::exception &e) {
		std::printf("%s: %s, %d alive\n", what, e.what(), alive);
	} catch (int i) {
		std::printf("%s: int %d\n", what, i);
	} catch (...) {
		std::printf("%s: something\n", what);
	}
}

int main()
{
	caught("deep", [] { dive(5); });
	caught("nested", [] { rethrow(2); });
	caught("int", [] { throw 3; });
	caught("string", [] { throw std::string("s"); });
	caught("none", [] {});
	caught("at", [] { std::vector<int>(3).at(5); });
	caught("stoi", [] { std::stoi("word"); });
	caught("cast", [] { Other o; Base &b = o; std::printf("%d ", dynamic_cast<Derived &>(b).kind()); });
	Derived d;
	Base *b = &d;
	std::printf("%d %d\n", dynamic_cast<Derived *>(b) != nullptr, dynamic_cast<Other *>(b) != nullptr);
	caught("new", [] { std::unique_ptr<char[]> p(new char[static_cast<size_t>(1) << 62]); p[0] = 1; });

	auto task = std::async(std::launch::async, [] { dive(1); });
	caught("other thread", [&] { task.get(); });
	std::exception_ptr kept;
	std::thread([&] { try { throw Error(9, "kept"); } catch (...) { kept = std::current_exception(); } }).join();
	caught("kept", [&] { std::rethrow_exception(kept); });

	std::set_terminate([] { std::puts("nobody catches this"); std::fflush(stdout); std::_Exit(17); });
	throw Error(1, "at the end");
}
