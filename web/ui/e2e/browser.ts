/** Debian's Chromium, told to stay on this machine. */
export const launchOptions = {
  executablePath: process.env.FRONTDESK_CHROMIUM ?? '/usr/bin/chromium',
  args: [
    ...process.getuid?.() === 0 ? ['--no-sandbox'] : [],
    '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
  ],
}
