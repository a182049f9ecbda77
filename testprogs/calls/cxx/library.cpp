/*
 * The C++ library: containers, streams, algorithms, threads, and what is made before main.
 */
#include <algorithm>
#include <condition_variable>
#include <functional>
#include <iomanip>
#include <iostream>
#include <map>
#include <mutex>
#include <queue>
#include <random>
#include <sstream>
#include <thread>
#include <unordered_map>

struct Early {
	std::string word;
	Early() : word("made before main") {}
	~Early() { std::cout << "gone after main" << std::endl; }
};

static Early early;
static thread_local std::string own = "nobody's";

int main()
{
	std::cout << early.word << '\n';
	std::mt19937_64 random(5);
	std::vector<int> v(1000);
	std::generate(v.begin(), v.end(), [&] { return static_cast<int>(random() % 500); });
	std::map<int, int> counts;
	std::unordered_map<std::string, int> words;
	for (int i : v) {
		counts[i]++;
		words[std::to_string(i % 37)] += i;
	}
	std::stable_sort(v.begin(), v.end(), std::greater<>());
	std::cout << v.front() << ' ' << v.back() << ' ' << counts.size() << ' ' << words.at("36") << '\n';

	std::ostringstream out;
	out << std::hex << std::setw(10) << std::setfill('.') << 255 << std::fixed << std::setprecision(3) << 2.0 / 3 << std::boolalpha << true;
	std::cout << out.str() << '\n';
	std::istringstream in("12 words 3.5");
	int i = 0;
	double d = 0;
	std::string s;
	in >> i >> s >> d;
	std::cout << i + d << s << '\n';

	std::mutex lock;
	std::condition_variable ready;
	std::queue<int> queue;
	long total = 0;
	std::thread consumer([&] {
		for (int left = 300; left > 0; left--) {
			std::unique_lock<std::mutex> held(lock);
			ready.wait(held, [&] { return !queue.empty(); });
			total += queue.front();
			queue.pop();
		}
	});
	std::vector<std::thread> producers;
	for (int p = 0; p < 3; p++)
		producers.emplace_back([&, p] {
			own = "of " + std::to_string(p);
			for (int n = 0; n < 100; n++) {
				std::lock_guard<std::mutex> held(lock);
				queue.push(p * 1000 + n);
				ready.notify_one();
			}
		});
	for (auto &t : producers)
		t.join();
	consumer.join();
	std::cout << total << ' ' << own << '\n';
	std::sort(v.begin(), v.end());
	std::cout << std::binary_search(v.begin(), v.end(), 250) << ' ' << std::hash<int>()(5) << std::endl;
	return 3;
}
