import { useState } from "preact/hooks";
import type { ChannelInfo } from "../contracts/generated";
import { Button } from "../design/Button";
import { FormError, TextField } from "../design/Field";
import { api } from "../net/rest";
import styles from "./Station.module.css";
import { slugOf } from "./slug";

export function NewChannel({ onCreated }: { onCreated: (channel: ChannelInfo) => void }) {
  const [name, setName] = useState("");
  const [slug, setSlug] = useState<string | null>(null);
  const [description, setDescription] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const address = slug ?? slugOf(name);
  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      onCreated(
        await api.createChannel({ slug: address, name: name.trim(), description: description.trim() }),
      );
    } catch (failure) {
      setError(failure instanceof Error ? failure.message : "The channel could not be created.");
      setBusy(false);
    }
  };
  return (
    <form class={styles.form} onSubmit={submit}>
      <FormError>{error}</FormError>
      <TextField
        label="Station name"
        required
        maxLength={200}
        value={name}
        onInput={(event) => setName(event.currentTarget.value)}
      />
      <TextField
        label="Address"
        hint={`Listeners open /c/${address || "…"}. Small letters, digits and hyphens.`}
        required
        pattern="[a-z0-9]([a-z0-9\-]*[a-z0-9])?"
        minLength={2}
        maxLength={63}
        autocapitalize="none"
        value={address}
        onInput={(event) => setSlug(event.currentTarget.value)}
      />
      <TextField
        label="Description (optional)"
        maxLength={2000}
        value={description}
        onInput={(event) => setDescription(event.currentTarget.value)}
      />
      <Button look="primary" type="submit" busy={busy} wide>
        Create channel
      </Button>
    </form>
  );
}
