//! Mistakes about transmission and destruction: one change of the sealed pipeline each.

use super::cases::{Case, case};

macro_rules! age {
    () => {
        "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
    };
}

macro_rules! key {
    () => {
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    };
}

pub const DGS_AGE: &str = concat!("age = \"", age!(), "\" # dgs");
const SENDER: &str = concat!("[sender]\nkey = \"", key!(), "\"");
const DGS_KEY: &str = concat!("key = \"", key!(), "\" # dgs");
const SFTP: &str = "deliver = { to = \"sftp://depot@sftp.example.org:2222/entrant\", identity = \"ssh.key\", host_key = \"ssh-ed25519 AAAA\" }";
const HEIGHT: &str = "[[keep]]\ncolumn = \"HEIGHT\"\nwhy = \"needed\"\nreinforced = true";
const DESTROY: &str = "when = \"acknowledged\"\nsources = true\nroot = \"inbox\"";

/// What stands before `[export]` where a release is sealed: to two recipients, one of them for reinforced columns.
pub const SEALED: &str = concat!(
    "[sender]\nkey = \"",
    key!(),
    "\"\n\n[[recipient]]\nname = \"dgs\"\nage = \"",
    age!(),
    "\" # dgs\nkey = \"",
    key!(),
    "\" # dgs\nuse_for = \"180 days\"\ndeliver = { to = \"drop\" }\n\n[[recipient]]\nname = \"registre\"\nage = \"",
    age!(),
    "\"\nkey = \"",
    key!(),
    "\"\nuse_until = \"2027-06-30\"\n",
    "deliver = { to = \"sftp://depot@sftp.example.org:2222/entrant\", identity = \"ssh.key\", host_key = \"ssh-ed25519 AAAA\" }\n",
    "reinforced = true # registre\n\n",
    "[[keep]]\ncolumn = \"HEIGHT\"\nwhy = \"needed\"\nreinforced = true\n\n",
    "[[persons]]\nname = \"heights\"\nrecipient = \"registre\"\ncolumns = [\"HEIGHT\"]\nprotect = { quasi_identifiers = [\"HEIGHT\"] }\n\n",
    "[destroy]\nwhen = \"acknowledged\"\nsources = true\nroot = \"inbox\"\n\n[export]",
);

pub const SEALED_CASES: &[Case] = &[
    // Who seals
    case(SENDER, "", "missing_section", "[[recipient]]"),
    case(SENDER, "[sender]", "missing_key", "[sender]"),
    case(SENDER, "[sender]\nkey = \"crcdc\"", "bad_value", "\"crcdc\""),
    case(SENDER, concat!("[sender]\nkey = \"", age!(), "\""), "bad_value", concat!("\"", age!(), "\"")),
    case(SENDER, concat!("[[sender]]\nkey = \"", key!(), "\""), "wrong_brackets", "[[sender]]"),
    case(SENDER, concat!("[sender]\nkye = \"", key!(), "\""), "unknown_key", "kye"),
    // To whom
    case("[[recipient]]\nname = \"dgs\"", "[[recipient]]\nname = \"../dgs\"", "bad_value", "\"../dgs\""),
    case("[[recipient]]\nname = \"registre\"", "[[recipient]]", "missing_key", "[[recipient]]"),
    case(DGS_AGE, "", "missing_key", "[[recipient]]"),
    case(DGS_AGE, "age = \"age1ql3\"", "bad_value", "\"age1ql3\""),
    case(DGS_AGE, "age = 1", "wrong_type", "1"),
    case(DGS_KEY, "key = \"dgs\"", "bad_value", "\"dgs\""),
    case(DGS_KEY, "", "nobody_acknowledges", "\"acknowledged\""),
    case("use_for = \"180 days\"", "", "missing_key", "[[recipient]]"),
    case("use_for = \"180 days\"", "use_for = \"six months\"", "bad_value", "\"six months\""),
    case("use_for = \"180 days\"", "use_for = \"0 days\"", "bad_value", "\"0 days\""),
    case("use_for = \"180 days\"", "use_for = \"3654 days\"", "bad_value", "\"3654 days\""),
    case("use_for = \"180 days\"", "use_for = \"1 day\"\nuse_until = \"2027-01-01\"", "conflict", "\"2027-01-01\""),
    case("use_until = \"2027-06-30\"", "use_until = \"30/06/2027\"", "bad_value", "\"30/06/2027\""),
    case("use_until = \"2027-06-30\"", "use_until = \"2027-02-30\"", "bad_value", "\"2027-02-30\""),
    // Which output goes to whom
    case("name = \"costs\"\nrecipient = \"dgs\"", "name = \"costs\"", "which_recipient", "[[aggregate]]"),
    case(
        "name = \"costs\"\nrecipient = \"dgs\"",
        "name = \"costs\"\nrecipient = \"dsg\"",
        "unknown_recipient",
        "\"dsg\"",
    ),
    case("name = \"visits\"\nrecipient = \"dgs\"", "name = \"visits\"", "which_recipient", "[[persons]]"),
    // Where it is left
    case("deliver = { to = \"drop\" }", "deliver = \"drop\"", "wrong_type", "\"drop\""),
    case("deliver = { to = \"drop\" }", "deliver = {}", "missing_key", "{}"),
    case("deliver = { to = \"drop\" }", "deliver = { to = \"\" }", "blank", "\"\""),
    case("deliver = { to = \"drop\" }", "deliver = { to = \"ftp://h/d\" }", "unknown_word", "\"ftp://h/d\""),
    case("deliver = { to = \"drop\" }", "deliver = { to = \"drop\", identity = \"k\" }", "stray_option", "\"k\""),
    case("deliver = { to = \"drop\" }", "deliver = { to = \"drop\", password = \"k\" }", "unknown_key", "password"),
    case(
        SFTP,
        "deliver = { to = \"sftp://u@h/d\", host_key = \"k\" }",
        "missing_key",
        "{ to = \"sftp://u@h/d\", host_key = \"k\" }",
    ),
    case(
        SFTP,
        "deliver = { to = \"sftp://u@h/d\", identity = \"k\" }",
        "missing_key",
        "{ to = \"sftp://u@h/d\", identity = \"k\" }",
    ),
    case(SFTP, "deliver = { to = \"sftp://h/d\", identity = \"i\", host_key = \"k\" }", "bad_value", "\"sftp://h/d\""),
    case(SFTP, "deliver = { to = \"sftp://u:p@h/d\", identity = \"i\", host_key = \"k\" }", "secret", "p"),
    case(
        SFTP,
        "deliver = { to = \"sftp://u@h:x/d\", identity = \"i\", host_key = \"k\" }",
        "bad_value",
        "\"sftp://u@h:x/d\"",
    ),
    case(
        SFTP,
        "deliver = { to = \"sftp://u@h/d\", identity = \"i\", host_key = \"k\", region = \"r\" }",
        "stray_option",
        "\"r\"",
    ),
    case(
        SFTP,
        "deliver = { to = \"s3://b\", endpoint = \"https://s\" }",
        "missing_key",
        "{ to = \"s3://b\", endpoint = \"https://s\" }",
    ),
    case(
        SFTP,
        "deliver = { to = \"s3://b\", credentials = \"c\" }",
        "missing_key",
        "{ to = \"s3://b\", credentials = \"c\" }",
    ),
    case(
        SFTP,
        "deliver = { to = \"s3:///p\", endpoint = \"https://s\", credentials = \"c\" }",
        "bad_value",
        "\"s3:///p\"",
    ),
    case(
        SFTP,
        "deliver = { to = \"s3://b\", endpoint = \"https://s\", credentials = \"c\", host_key = \"k\" }",
        "stray_option",
        "\"k\"",
    ),
    // Reinforced protection
    case("reinforced = true # registre", "", "reinforced", "\"heights\""),
    case(
        HEIGHT,
        "[[keep]]\ncolumn = \"HEIGHT\"\nas = \"size\"\nwhy = \"needed\"\n[[keep]]\ncolumn = \"HEIGHT\"\nwhy = \"needed\"\nreinforced = true",
        "half_reinforced",
        "\"HEIGHT\"",
    ),
    case("{ mean = \"COST\" }", "{ mean = \"HEIGHT\" }", "reinforced", "\"costs\""),
    case("strata = [\"GENDER\"]", "strata = [\"GENDER\", \"HEIGHT\"]", "reinforced", "[sample]"),
    case(
        HEIGHT,
        concat!(
            "[[keep]]\ncolumn = \"ward\"\nreinforced = true\n",
            "[[derive]]\nsource = \"visits\"\nname = \"first\"\nsql = \"ward = 'a'\"\ntype = \"boolean\"\n",
            "[[keep]]\ncolumn = \"first\"\n[[keep]]\ncolumn = \"HEIGHT\"\nwhy = \"needed\"\nreinforced = true",
        ),
        "half_reinforced",
        "\"first\"",
    ),
    case("columns = [\"HEIGHT\"]", "columns = [\"HEIGHT\", \"COST\"]", "persons_twice", "\"heights\""),
    // What is destroyed
    case(DESTROY, "when = \"acknowledged\"\nsources = true", "missing_key", "[destroy]"),
    case(DESTROY, "when = \"acknowledged\"\nroot = \"inbox\"", "stray_option", "\"inbox\""),
    case(DESTROY, "when = \"later\"\nsources = true\nroot = \"inbox\"", "unknown_word", "\"later\""),
    case(DESTROY, "when = \"acknowledged\"\nsources = true\nroot = \" \"", "blank", "\" \""),
    case(DESTROY, "when = \"acknowledged\"\nsources = \"all\"", "wrong_type", "\"all\""),
];
