use rps_plugin::{Error, Plugin, Registrar, register_plugin};

struct One;

impl Plugin for One {
    const ID: &'static str = "one";
    const VERSION: &'static str = "1.0.0";

    fn register(_: &mut Registrar<'_>) -> Result<(), Error> {
        Ok(())
    }
}

register_plugin!(One);
register_plugin!(One);

fn main() {}
