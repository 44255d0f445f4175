/* WebAssembly: the host imports nothing but a function that takes characters. */
void wann_check_all(void);
void wann_run(void);

__attribute__((export_name("run"))) void wann_run(void) { wann_check_all(); }
