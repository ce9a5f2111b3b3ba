#![no_main]

#[path = "../targets.rs"]
#[allow(dead_code)]
mod targets;
#[path = "../folder.rs"]
mod folder;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| targets::csv(folder::folder(), bytes));
