"""Names that mean something else to a compiler, a build tool or a registry: a package of such a name gets another.

A folder on the include path with a ``math.h`` hides the standard one; CMake has targets ``test`` and ``install``; a
crate cannot be called ``core``; a MicroPython module ``time`` hides the built-in one.
"""

_C_HEADERS = """
assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal stdalign stdarg stdatomic
stdbool stdbit stdckdint stddef stdint stdio stdlib stdnoreturn string strings tgmath threads time uchar wchar wctype
alloca dirent endian fcntl malloc memory poll pthread sched search semaphore unistd utime values version new
"""
_ARDUINO = """
arduino binary client ethernet firmata hid keyboard mouse pins pins_arduino print printable robot sd server servo
softwareserial spi stdinout stepper stream tft udp usb wire wifi wstring eeprom ipaddress tone
"""
_CMAKE = "all clean depend edit_cache help install list_install_components package package_source rebuild_cache test"
_RUST = """
alloc async await box core crate deps doc dyn examples final fn impl in let loop macro match mod move mut override
priv proc_macro pub ref rustc self std super target trait try type unsafe use where yield build incremental main lib
as abstract become unsized
"""
_PYTHON = """
array asyncio binascii bluetooth btree builtins cmath collections cryptolib deflate esp esp32 espnow framebuf gc
hashlib heapq io json lcd machine micropython neopixel network ntptime openamp os platform pyb random re rp2 select
socket ssl stm struct sys time uctypes utime vfs websocket wipy zephyr zlib onewire dht webrepl mip boot
and assert class def del elif except from global import is lambda none nonlocal not or pass raise with false true
"""
_OTHERS = "kernel module modules sample samples zephyr esp esp_idf idf wann wann_rt wann_guard wann_tune"
TAKEN = frozenset(" ".join((_C_HEADERS, _ARDUINO, _CMAKE, _RUST, _PYTHON, _OTHERS)).split())
