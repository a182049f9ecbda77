// Exceptions through several frames, with destructors; containers; dynamic casts.
#include <iostream>
#include <map>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

struct Noisy {
	std::string name;
	explicit Noisy(std::string n) : name(std::move(n)) {}
	~Noisy() { std::cout << "  leaves " << name << "\n"; }
};

struct Base { virtual ~Base() = default; };
struct Derived : Base { int v = 7; };

static int deep(int n)
{
	Noisy here("level " + std::to_string(n));
	if (n == 0)
		throw std::runtime_error("the bottom");
	return deep(n - 1) + 1;
}

int main()
{
	for (int n = 0; n < 3; n++) {
		try {
			deep(n);
		} catch (const std::exception &e) {
			std::cout << "caught " << e.what() << "\n";
		}
	}
	try {
		std::vector<int>().at(3);
	} catch (const std::out_of_range &) {
		std::cout << "out of range\n";
	}
	std::map<std::string, int> words;
	std::istringstream in("the cat and the dog and the bird");
	for (std::string w; in >> w;)
		words[w]++;
	for (auto &[w, n] : words)
		std::cout << w << " " << n << "\n";
	std::unique_ptr<Base> b = std::make_unique<Derived>();
	std::cout << dynamic_cast<Derived *>(b.get())->v << "\n";
	try {
		throw 5;
	} catch (int i) {
		return i;
	}
}
