const keptInMs = 10_000

/**
 * Which browsers may call: the configured origins, else those of the marketplaces' web clients, and our own
 * address, where the explorer is. A program sends no origin and needs none.
 */
export class Origins {
  #known: { origins: ReadonlySet<string>; readAt: number } | null = null

  constructor(
    private readonly configured: readonly string[] | null,
    private readonly own: string,
    private readonly marketplaceUrls: () => Promise<string[]>,
  ) {}

  async allowed(origin: string | undefined): Promise<boolean> {
    if (origin === undefined || origin === this.own) return true
    if (this.configured) return this.configured.includes(origin)
    return (await this.#ofMarketplaces()).has(origin)
  }

  async #ofMarketplaces(): Promise<ReadonlySet<string>> {
    const now = performance.now()
    if (!this.#known || now - this.#known.readAt > keptInMs) {
      const urls = await this.marketplaceUrls()
      this.#known = { origins: new Set(urls.map((url) => new URL(url).origin)), readAt: now }
    }
    return this.#known.origins
  }
}
