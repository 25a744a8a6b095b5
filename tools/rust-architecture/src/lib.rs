//! Tests of the structure of our Rust programs: their modules have no cycles and keep to the layers in the program's
//! README, and no file is long. What `ArchitectureTest` and `TidyTest` are for Java.

#[cfg(test)]
mod modules;
#[cfg(test)]
mod tests;
