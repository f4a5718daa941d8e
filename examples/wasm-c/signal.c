// Functions for rules, without a library: a numeric one, one over a text, one that gives a text.

extern unsigned char __heap_base;
static unsigned long heap = 0;

// Texts and bytes of a call are placed with malloc and given back with free; a call takes them one after the other.
__attribute__((export_name("malloc"))) void *allocate(unsigned long size) {
  if (heap == 0) heap = (unsigned long)&__heap_base;
  unsigned long address = heap;
  unsigned long needed = address + ((size + 15) & ~15ul);
  while (needed > __builtin_wasm_memory_size(0) * 65536ul) {
    if (__builtin_wasm_memory_grow(0, 1) == (unsigned long)-1) return 0;
  }
  heap = needed;
  return (void *)address;
}

__attribute__((export_name("free"))) void release(void *address) {
  if ((unsigned long)address < heap) heap = (unsigned long)address;
}

__attribute__((export_name("fib"))) long long fib(int n) {
  long long a = 0, b = 1;
  for (int i = 0; i < n; i++) {
    long long next = a + b;
    a = b;
    b = next;
  }
  return a;
}

// Dew point in degrees Celsius, by Magnus with the logarithm as a series.
static double ln(double x) {
  int twos = 0;
  for (; x > 1.5; x /= 2) twos++;
  for (; x < 0.75; x *= 2) twos--;
  double y = (x - 1) / (x + 1), square = y * y, term = y, sum = 0;
  for (int i = 1; i < 40; i += 2, term *= square) sum += term / i;
  return 2 * sum + twos * 0.69314718055994530942;
}

__attribute__((export_name("dew_point"))) double dew_point(double celsius, double humidity) {
  double gamma = ln(humidity / 100) + 17.62 * celsius / (243.12 + celsius);
  return 243.12 * gamma / (17.62 - gamma);
}

__attribute__((export_name("vowels"))) int vowels(const char *text) {
  int count = 0;
  for (; *text != 0; text++) {
    char lower = *text | 32;
    if (lower == 'a' || lower == 'e' || lower == 'i' || lower == 'o' || lower == 'u') count++;
  }
  return count;
}

// Changes the text in place and gives it back.
__attribute__((export_name("shout"))) char *shout(char *text) {
  for (char *at = text; *at != 0; at++) {
    if (*at >= 'a' && *at <= 'z') *at -= 32;
  }
  return text;
}

// Sum of bytes, modulo 256.
__attribute__((export_name("checksum"))) int checksum(const unsigned char *bytes, unsigned long length) {
  unsigned char sum = 0;
  for (unsigned long i = 0; i < length; i++) sum += bytes[i];
  return sum;
}

// Never ends: what the limit of instructions is for.
__attribute__((export_name("spin"))) int spin(int n) {
  volatile int turn = n;
  for (;;) turn++;
  return turn;
}
