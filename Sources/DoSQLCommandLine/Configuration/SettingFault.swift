/// What is wrong with the value of one setting, as what follows the setting's name in a sentence.
struct SettingFault: Error {
    let text: String

    init(_ text: String) {
        self.text = text
    }
}
