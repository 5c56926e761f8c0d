#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| netlog_fuzz::filter(data));
