-- Until now this text was itself the preview token, one for all ports, and whoever held it could run commands. Now the
-- tokens are derived from it, one for each port, and it is handed to nobody. What was handed out must derive nothing, so
-- every sandbox gets a new one, of 244 random bits.
ALTER TABLE sandboxes RENAME COLUMN auth_token TO preview_secret;

UPDATE sandboxes SET preview_secret = replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '');
