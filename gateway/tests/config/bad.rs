//! Every file in `bad/` with all that is said of it.

use super::parse;

#[test]
fn every_mistake_of_a_file_is_named_with_its_place() {
    insta::glob!("bad/*.yaml", |path| {
        let text = std::fs::read_to_string(path).unwrap();
        let errors = parse(&text).expect_err("the file is wrong");
        insta::assert_snapshot!(errors.to_string());
    });
}
